import { type ArgumentNode, type DirectiveNode, type DocumentNode, Kind, parse, visit } from 'graphql'
import { type Branches, branchesOf } from './branches.ts'
import { type Fields, get, isFields } from './own.ts'

/** Whether a subgraph can find an entity by a representation: whether a key of its type is in it. */
export type Identify = (subgraph: string) => (representation: Fields) => boolean

const argument = ({ arguments: given }: DirectiveNode, name: string): ArgumentNode['value'] | undefined =>
  given?.find((of) => of.name.value === name)?.value

/** The keys that each subgraph of a supergraph takes. */
export function keysOf(supergraph: DocumentNode): Identify {
  const graphs = new Map<string, string>()
  const keys = new Map<string, Branches[]>()
  visit(supergraph, {
    EnumValueDefinition({ name, directives }) {
      const graph = directives?.find((of) => of.name.value === 'join__graph')
      const called = graph && argument(graph, 'name')
      if (called?.kind === Kind.STRING) graphs.set(called.value, name.value)
    },
    Directive(directive, _key, _parent, _path, ancestors) {
      if (directive.name.value !== 'join__type') return
      const [graph, key, resolvable] = ['graph', 'key', 'resolvable'].map((name) => argument(directive, name))
      const type = ancestors.at(-1)
      if (graph?.kind !== Kind.ENUM || key?.kind !== Kind.STRING || !type || !('name' in type)) return
      if (resolvable?.kind === Kind.BOOLEAN && !resolvable.value) return
      const of = `${graph.value} ${type.name?.value}`
      keys.set(of, [...(keys.get(of) ?? []), fieldsOf(key.value)])
    },
  })
  return (subgraph) => {
    const graph = graphs.get(subgraph)
    const known = new Map<unknown, readonly Branches[] | undefined>()
    return (representation) => {
      const { __typename: type } = representation
      if (!known.has(type)) known.set(type, keys.get(`${graph} ${type}`))
      return known.get(type)?.some((key) => isIn(representation, key)) ?? false
    }
  }
}

function fieldsOf(key: string): Branches {
  const [definition] = parse(`{${key}}`, { noLocation: true }).definitions
  return branchesOf(
    definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet : undefined,
    new Map(),
  )
}

const isIn = (representation: Fields, { list }: Branches): boolean =>
  list.every(({ key, of }) => {
    const value = get(representation, key)
    return of ? isWhole(value, of) : value !== undefined && value !== null
  })

/** Of a list that is part of a key, each of its objects has to be known. */
const isWhole = (value: unknown, of: Branches): boolean =>
  Array.isArray(value) ? value.every((element) => isWhole(element, of)) : isFields(value) && isIn(value, of)
