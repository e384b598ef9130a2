import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type NamedTypeNode,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  type TypeNode,
  visit,
} from 'graphql'

/** A field that others require with arguments, under a name of its own: one for each set of arguments. */
export type Variant = { name: string; of: string; arguments: FieldNode['arguments'] }
/** A supergraph as the planner is told it. */
export type Plannable = {
  document: DocumentNode
  /** By their names. */
  variants: ReadonlyMap<string, Variant>
  /** The variants that a field of a subgraph requires, by `subgraph/field`, and where: `site.open` to a name. */
  needs: ReadonlyMap<string, Places>
}
/** Which variant stands where, from the entity on. */
export type Places = ReadonlyMap<string, string>

type Fielded = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
type Added = Map<string, Map<string, FieldDefinitionNode>>

/**
 * A supergraph in which the planner loses nothing: what is required with arguments is a field of its own for each
 * set of them, since a plan asks for one name only once; and keys that nobody can be found by come last, since a
 * plan takes the first of a subgraph to come back to it.
 */
export function plannable(supergraph: DocumentNode): Plannable {
  const types = new Map<string, Fielded>()
  const graphs = new Map<string, string>()
  const taken = new Set<string>()
  visit(supergraph, {
    Name: ({ value }) => void taken.add(value),
    ObjectTypeDefinition: (type) => void types.set(type.name.value, type),
    InterfaceTypeDefinition: (type) => void types.set(type.name.value, type),
    EnumValueDefinition({ name, directives }) {
      const graph = directives?.find((of) => of.name.value === 'join__graph')
      const called = graph && argumentOf(graph, 'name')
      if (called?.kind === Kind.STRING) graphs.set(name.value, called.value)
    },
  })
  const variants = new Map<string, Variant>()
  const names = new Map<string, string>()
  const needs = new Map<string, Places>()
  const added: Added = new Map()

  const variantOf = (type: Fielded, definition: FieldDefinitionNode, field: FieldNode): string => {
    const meaning = print({ ...field, alias: undefined, selectionSet: undefined, directives: [] })
    let name = names.get(meaning)
    if (!name) {
      name = `required${names.size}_${field.name.value}`
      while (taken.has(name)) name = `_${name}`
      names.set(meaning, name)
      variants.set(name, { name, of: field.name.value, arguments: field.arguments })
    }
    add(added, type, { ...definition, name: { kind: Kind.NAME, value: name }, arguments: [] })
    return name
  }
  /** Fields of an interface are those of its types, too. */
  const everywhere = (type: Fielded): Fielded[] => [
    type,
    ...[...types.values()].filter(({ interfaces = [] }) =>
      interfaces.some(({ name }) => name.value === type.name.value),
    ),
  ]
  const renamed = (
    set: SelectionSetNode,
    type: Fielded | undefined,
    used: Map<string, string>,
    path: string,
  ): SelectionSetNode => ({
    ...set,
    selections: set.selections.map((selection): SelectionNode => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return selection
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const inner = selection.typeCondition ? types.get(selection.typeCondition.name.value) : type
        return { ...selection, selectionSet: renamed(selection.selectionSet, inner, used, path) }
      }
      const definition = fieldOf(type, selection.name.value)
      const place = `${path}${selection.name.value}`
      const inner = definition && types.get(namedType(definition.type))
      const below = selection.selectionSet && renamed(selection.selectionSet, inner, used, `${place}.`)
      if (!type || !definition || !selection.arguments?.length) return { ...selection, selectionSet: below }
      const name = everywhere(type)
        .flatMap((of) => {
          const own = fieldOf(of, selection.name.value)
          return own ? [variantOf(of, own, selection)] : []
        })
        .at(0)!
      used.set(place, name)
      return { kind: Kind.FIELD, name: { kind: Kind.NAME, value: name }, selectionSet: below }
    }),
  })
  const requiring = (type: Fielded, field: FieldDefinitionNode): FieldDefinitionNode => ({
    ...field,
    directives: field.directives?.map((directive): ConstDirectiveNode => {
      const requires = argumentOf(directive, 'requires')
      if (directive.name.value !== 'join__field' || requires?.kind !== Kind.STRING) return directive
      if (!requires.value.includes('(')) return directive
      const used = new Map<string, string>()
      const value = print(renamed(selectionOf(requires.value), type, used, '')).slice(1, -1)
      const graph = argumentOf(directive, 'graph')
      if (graph?.kind === Kind.ENUM) {
        const key = `${graphs.get(graph.value)}/${field.name.value}`
        needs.set(key, new Map([...(needs.get(key) ?? []), ...used]))
      }
      const of = directive.arguments?.map((each) =>
        each.name.value === 'requires' ? { ...each, value: { kind: Kind.STRING as const, value } } : each,
      )
      return { ...directive, ...(of && { arguments: of }) }
    }),
  })

  const own = <Type extends Fielded>(type: Type): Type => ({
    ...type,
    directives: keysInOrder(type.directives ?? []),
    fields: type.fields?.map((field) => requiring(type, field)),
  })
  const first: DocumentNode = visit(supergraph, { ObjectTypeDefinition: own, InterfaceTypeDefinition: own })
  const withAdded = <Type extends Fielded>(type: Type): Type | undefined => {
    const more = added.get(type.name.value)
    return more && { ...type, fields: [...(type.fields ?? []), ...more.values()] }
  }
  const document: DocumentNode = visit(first, {
    ObjectTypeDefinition: withAdded,
    InterfaceTypeDefinition: withAdded,
  })
  return { document, variants, needs }
}

function add(added: Added, { name: { value } }: Fielded, field: FieldDefinitionNode) {
  const fields = added.get(value) ?? new Map<string, FieldDefinitionNode>()
  fields.set(field.name.value, field)
  added.set(value, fields)
}

const keysInOrder = (directives: readonly ConstDirectiveNode[]): ConstDirectiveNode[] => {
  const isLast = (directive: ConstDirectiveNode) => {
    const resolvable = argumentOf(directive, 'resolvable')
    return resolvable?.kind === Kind.BOOLEAN && !resolvable.value
  }
  return [...directives.filter((directive) => !isLast(directive)), ...directives.filter(isLast)]
}

const fieldOf = (type: Fielded | undefined, name: string) =>
  type?.fields?.find((field) => field.name.value === name)

const argumentOf = ({ arguments: given }: ConstDirectiveNode, name: string) =>
  given?.find((of) => of.name.value === name)?.value

function namedType(type: TypeNode): NamedTypeNode['name']['value'] {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type)
}

function selectionOf(fields: string): SelectionSetNode {
  const [definition] = parse(`{${fields}}`, { noLocation: true }).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`${fields} selects nothing`)
  return definition.selectionSet
}
