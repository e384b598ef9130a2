import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  isCompositeType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

/** All must hold for a field to be asked for: each a variable, and what it has to be. */
export type Guards = readonly { readonly variable: string; readonly is: boolean }[]
/** One name of an answer on one type, from wherever in the document it is asked for. */
export type Asked = {
  field: FieldNode
  parent: GraphQLCompositeType
  /** Asked for where any of them holds. */
  guards: Guards[]
  sets: { set: SelectionSetNode; guards: Guards }[]
}
export type Selecting = { schema: GraphQLSchema; fragments: ReadonlyMap<string, FragmentDefinitionNode> }

const never = 'never'

/**
 * What selections ask for of a type: fragments are opened, and what is asked twice is there once. Fields of two
 * types are two, though an object has one of them only. The document must be valid.
 */
export function askedOf(
  { schema, fragments }: Selecting,
  parent: GraphQLCompositeType,
  sets: readonly { set: SelectionSetNode; guards: Guards }[],
): Asked[] {
  const asked = new Map<string, Asked>()
  const open = (type: GraphQLCompositeType, { selections }: SelectionSetNode, guards: Guards) => {
    for (const selection of selections) {
      const held = withGuards(selection, guards)
      if (held === never) continue
      if (selection.kind === Kind.FIELD) add(type, selection, held)
      else {
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
        const condition = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value)
        if (fragment) open(isCompositeType(condition) ? condition : type, fragment.selectionSet, held)
      }
    }
  }
  const add = (type: GraphQLCompositeType, field: FieldNode, guards: Guards) => {
    const key = `${type.name}.${(field.alias ?? field.name).value}`
    const known = asked.get(key) ?? { field, parent: type, guards: [], sets: [] }
    asked.set(key, known)
    known.guards.push(guards)
    if (field.selectionSet) known.sets.push({ set: field.selectionSet, guards })
  }
  for (const { set, guards } of sets) open(parent, set, guards)
  return [...asked.values()]
}

function withGuards({ directives = [] }: SelectionNode, guards: Guards): Guards | typeof never {
  let held = guards
  for (const { name, arguments: given } of directives) {
    if (name.value !== 'skip' && name.value !== 'include') continue
    const value = given?.[0]?.value
    const is = name.value === 'include'
    if (value?.kind === Kind.BOOLEAN && value.value !== is) return never
    if (value?.kind === Kind.VARIABLE) held = [...held, { variable: value.name.value, is }]
  }
  return held
}
