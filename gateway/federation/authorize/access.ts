import {
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  parse,
  type SelectionNode,
  type TypeNode,
} from 'graphql'
import { argumentOf, directivesOf, textOf } from './directives.ts'
import { all, nothing, type Requirement, requirementOf } from './requirement.ts'

/** What a supergraph asks of those who want to see something. */
export type Access = {
  /** Whether it asks nothing of anybody. */
  isOpen: boolean
  ofType(type: string): Requirement
  /**
   * What a field of a type asks: with its type, with what it returns and with what it is computed from. A field
   * of an interface asks what it asks on any of the types behind it.
   * @param isPlain whether fields are selected of what it returns, outside of fragments
   */
  ofField(type: string, field: string, isPlain: boolean): Requirement
  returned(type: string, field: string): { type: string; isList: boolean }
}

type Field = { own: Requirement; type: string; isList: boolean; requires: readonly SelectionNode[] }
type Type = {
  own: Requirement
  fields: Map<string, Field>
  /** The interfaces of an object, and the objects behind an interface. */
  interfaces: string[]
  members: string[]
}

const unknown = { type: '', isList: false }

/** Reads who may see what from a supergraph. */
export function accessOf(supergraph: DocumentNode): Access {
  const types = typesOf(supergraph)
  const typed = (type: string): Requirement => types.get(type)?.own ?? nothing
  /** What a field is computed from; where its interface is an object elsewhere, the interface says it. */
  const requiresOf = (type: string, name: string): readonly SelectionNode[] =>
    [type, ...(types.get(type)?.interfaces ?? [])].flatMap(
      (of) => types.get(of)?.fields.get(name)?.requires ?? [],
    )
  const membersOf = (type: string): readonly string[] => types.get(type)?.members ?? []

  /** `met` holds the fields that are being looked at: what is computed from itself asks nothing more. */
  const fieldOn = (type: string, name: string, isPlain: boolean, met: ReadonlySet<string>): Requirement[] => {
    const coordinate = `${type}.${name}`
    const field = types.get(type)?.fields.get(name)
    if (!field || met.has(coordinate)) return []
    const inside = new Set([...met, coordinate])
    return [
      typed(type),
      field.own,
      typed(field.type),
      ...(isPlain ? membersOf(field.type).map(typed) : []),
      ...required(type, requiresOf(type, name), inside),
      ...membersOf(type).flatMap((member) => fieldOn(member, name, isPlain, inside)),
    ]
  }
  const required = (type: string, selections: readonly SelectionNode[], met: ReadonlySet<string>) =>
    selections.flatMap((selection): Requirement[] => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return []
      const { selections: inner = [] } = selection.selectionSet ?? {}
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition?.name.value ?? type
        return [typed(on), ...required(on, inner, met)]
      }
      const { value: name } = selection.name
      const of = types.get(type)?.fields.get(name)
      return [
        ...fieldOn(type, name, inner.some(isPlainField), met),
        ...(of ? required(of.type, inner, met) : []),
      ]
    })

  const known = new Map<string, Requirement>()
  return {
    isOpen: [...types.values()].every(
      ({ own, fields }) => own.length === 0 && [...fields.values()].every((field) => field.own.length === 0),
    ),
    ofType: typed,
    ofField(type, name, isPlain) {
      const key = `${type}.${name} ${isPlain}`
      const before = known.get(key)
      if (before) return before
      const requirement = all(fieldOn(type, name, isPlain, new Set()))
      known.set(key, requirement)
      return requirement
    },
    returned: (type, field) => types.get(type)?.fields.get(field) ?? unknown,
  }
}

/** Whether a selection is a field that an object tells of itself, whatever its type is. */
export const isPlainField = (selection: SelectionNode): boolean =>
  selection.kind === Kind.FIELD && !selection.name.value.startsWith('__')

function typesOf(supergraph: DocumentNode): ReadonlyMap<string, Type> {
  const names = directivesOf(supergraph)
  const types = new Map<string, Type>()
  const at = (name: string): Type => {
    const type = types.get(name) ?? { own: nothing, fields: new Map(), interfaces: [], members: [] }
    types.set(name, type)
    return type
  }
  const fieldOf = ({ directives, type }: FieldDefinitionNode): Field => ({
    own: requirementOf(directives, names),
    ...namedOf(type),
    requires: (directives ?? [])
      .filter((directive) => directive.name.value === 'join__field')
      .flatMap((directive) => selectionsOf(textOf(argumentOf(directive, 'requires')))),
  })
  for (const definition of supergraph.definitions) {
    if (!isType(definition)) continue
    const type = at(definition.name.value)
    type.own = all([type.own, requirementOf(definition.directives, names)])
    if (!('fields' in definition) || !('interfaces' in definition)) continue
    for (const field of definition.fields ?? [])
      if (field.kind === Kind.FIELD_DEFINITION) type.fields.set(field.name.value, fieldOf(field))
    const isObject =
      definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.OBJECT_TYPE_EXTENSION
    if (!isObject) continue
    for (const { name } of definition.interfaces ?? []) {
      type.interfaces.push(name.value)
      at(name.value).members.push(definition.name.value)
    }
  }
  return types
}

const isType = (definition: DocumentNode['definitions'][number]) =>
  'name' in definition &&
  definition.kind !== Kind.OPERATION_DEFINITION &&
  definition.kind !== Kind.FRAGMENT_DEFINITION &&
  definition.kind !== Kind.DIRECTIVE_DEFINITION

function namedOf(type: TypeNode): { type: string; isList: boolean } {
  if (type.kind === Kind.NAMED_TYPE) return { type: type.name.value, isList: false }
  const inner = namedOf(type.type)
  return type.kind === Kind.LIST_TYPE ? { ...inner, isList: true } : inner
}

function selectionsOf(fields: string | undefined): readonly SelectionNode[] {
  if (fields === undefined) return []
  const [definition] = parse(`{${fields}}`, { noLocation: true }).definitions
  return definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : []
}
