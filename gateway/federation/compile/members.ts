import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type TypeNode,
  visit,
} from 'graphql'

/** Which objects a subgraph may answer where the supergraph has a union or an interface. */
export type Members = {
  /** The types without keys that a subgraph has of an abstract type which others have otherwise. */
  own(subgraph: string, abstract: string): readonly string[]
  /** Whether a subgraph answers a field by itself. */
  has(subgraph: string, type: string, field: string): boolean
  /** The name of a field's type. */
  typeOf(type: string, field: string): string | undefined
  /** False where there is no such abstract type. */
  readonly any: boolean
}

type Sides = Map<string, Set<string>>

/** The members of a supergraph's unions and interfaces, subgraph by subgraph. */
export function membersOf(supergraph: DocumentNode): Members {
  const graphs = new Map<string, string>()
  const keyed = new Set<string>()
  const sides = new Map<string, Sides>()
  const types = new Map<string, { graphs: Set<string>; fields: Map<string, FieldDefinitionNode> }>()
  const put = (abstract: string | undefined, graph: string | undefined, member: string) => {
    if (!abstract || !graph) return
    const of: Sides = sides.get(abstract) ?? new Map()
    sides.set(abstract, of)
    of.set(graph, (of.get(graph) ?? new Set()).add(member))
  }
  visit(supergraph, {
    EnumValueDefinition({ name, directives }) {
      const called = argument(directives?.find(named('join__graph')), 'name')
      if (called) graphs.set(name.value, called)
    },
    UnionTypeDefinition({ name, directives = [] }) {
      for (const of of directives.filter(named('join__unionMember')))
        put(name.value, argument(of, 'graph'), argument(of, 'member')!)
    },
    InterfaceTypeDefinition: ({ name, fields = [] }) =>
      void types.set(name.value, { graphs: new Set(), fields: fieldsOf(fields) }),
    ObjectTypeDefinition({ name, directives = [], fields = [] }) {
      const places = directives.filter(named('join__type'))
      if (places.some((of) => argument(of, 'key'))) keyed.add(name.value)
      for (const of of directives.filter(named('join__implements')))
        put(argument(of, 'interface'), argument(of, 'graph'), name.value)
      types.set(name.value, {
        graphs: new Set(places.map((of) => argument(of, 'graph')!)),
        fields: fieldsOf(fields),
      })
    },
  })
  const uneven = new Map<string, Sides>()
  for (const [abstract, of] of sides) {
    const forms = new Set([...of.values()].map((members) => [...members].sort().join()))
    const isOpen = [...of.values()].some((members) => [...members].some((name) => !keyed.has(name)))
    if (forms.size > 1 && isOpen) uneven.set(abstract, of)
  }
  const graphOf = new Map([...graphs].map(([graph, name]) => [name, graph]))
  return {
    any: uneven.size > 0,
    own: (subgraph, abstract) =>
      [...(uneven.get(abstract)?.get(graphOf.get(subgraph)!) ?? [])].filter((name) => !keyed.has(name)),
    has(subgraph, type, field) {
      const graph = graphOf.get(subgraph)!
      const known = types.get(type)
      const definition = known?.fields.get(field)
      if (!definition) return false
      const joins = definition.directives?.filter(named('join__field')) ?? []
      if (joins.length === 0) return known!.graphs.has(graph)
      return joins.some(
        (of) =>
          argument(of, 'graph') === graph &&
          !['external', 'requires', 'usedOverridden'].some((name) => argument(of, name)),
      )
    },
    typeOf(type, field) {
      const definition = types.get(type)?.fields.get(field)
      return definition && namedType(definition.type)
    },
  }
}

const fieldsOf = (fields: readonly FieldDefinitionNode[]) =>
  new Map(fields.map((field) => [field.name.value, field]))

const named = (name: string) => (of: ConstDirectiveNode) => of.name.value === name

function argument(directive: ConstDirectiveNode | undefined, name: string): string | undefined {
  const value = directive?.arguments?.find((of) => of.name.value === name)?.value
  if (value?.kind === Kind.STRING || value?.kind === Kind.ENUM) return value.value
  return value?.kind === Kind.BOOLEAN && value.value ? 'true' : undefined
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type)
}
