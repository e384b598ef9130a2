import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  Kind,
  type SchemaDefinitionNode,
  valueFromASTUntyped,
  visit,
} from 'graphql'

/** What @listSize says of a field. Paths lead into input objects, and into the answer. */
export type ListSize = {
  assumed: number | undefined
  slicing: readonly (readonly string[])[]
  sized: readonly (readonly string[])[]
  /** Whether exactly one slicing argument must be given. */
  exactlyOne: boolean
}
/** What a supergraph says that its parts cost; by `Type`, `Type.field` and `Type.field(argument:)`. */
export type CostDirectives = {
  weights: ReadonlyMap<string, number>
  listSizes: ReadonlyMap<string, ListSize>
}

const spec = /^https:\/\/specs\.apollo\.dev\/cost\/v/

/** The weights and sizes in the SDL of a supergraph, whatever it calls the directives. */
export function costDirectivesOf(supergraph: DocumentNode): CostDirectives {
  const names = namesIn(supergraph)
  const weights = new Map<string, number>()
  const listSizes = new Map<string, ListSize>()
  const read = (of: string, directives: readonly ConstDirectiveNode[] = []) => {
    for (const directive of directives) {
      const { value: name } = directive.name
      const given = argumentsOf(directive)
      if (name === names.cost && Number.isFinite(given.weight)) weights.set(of, Number(given.weight))
      if (name === names.listSize) listSizes.set(of, listSizeOf(given))
    }
  }
  const type = ({
    name,
    directives,
  }: {
    name: { value: string }
    directives?: readonly ConstDirectiveNode[]
  }) => read(name.value, directives)
  const fields = (node: {
    name: { value: string }
    directives?: readonly ConstDirectiveNode[]
    fields?: readonly Member[]
  }) => {
    type(node)
    for (const { name, directives, arguments: given = [] } of node.fields ?? []) {
      const of = `${node.name.value}.${name.value}`
      read(of, directives)
      for (const argument of given) read(`${of}(${argument.name.value}:)`, argument.directives)
    }
  }
  visit(supergraph, {
    ScalarTypeDefinition: type,
    EnumTypeDefinition: type,
    UnionTypeDefinition: type,
    ObjectTypeDefinition: fields,
    InterfaceTypeDefinition: fields,
    InputObjectTypeDefinition: fields,
  })
  return { weights, listSizes }
}

type Named = { name: { value: string }; directives?: readonly ConstDirectiveNode[] }
type Member = Named & { arguments?: readonly Named[] }

/** How the directives of the specification are called here: @link can rename each, or all of them. */
function namesIn({ definitions }: DocumentNode): { cost: string | undefined; listSize: string | undefined } {
  const names: { cost: string | undefined; listSize: string | undefined } = {
    cost: undefined,
    listSize: undefined,
  }
  const links = definitions
    .filter((of): of is SchemaDefinitionNode => of.kind === Kind.SCHEMA_DEFINITION)
    .flatMap(({ directives = [] }) => directives)
    .map(argumentsOf)
  for (const { url, as, import: imported } of links) {
    if (typeof url !== 'string' || !spec.test(url)) continue
    const space = typeof as === 'string' ? as : 'cost'
    // Of a directive that has the name of its specification, that name is enough.
    names.cost = space
    names.listSize = `${space}__listSize`
    for (const each of Array.isArray(imported) ? imported : []) {
      const { name, as: renamed } = typeof each === 'string' ? { name: each, as: each } : (each ?? {})
      const called = String(renamed ?? name).replace('@', '')
      if (name === '@cost') names.cost = called
      if (name === '@listSize') names.listSize = called
    }
  }
  return names
}

const argumentsOf = ({ arguments: given = [] }: ConstDirectiveNode): Record<string, unknown> =>
  Object.fromEntries(
    given.map(({ name, value }) => [name.value, valueFromASTUntyped(value as ConstValueNode)]),
  )

const paths = (given: unknown) => (Array.isArray(given) ? given.map((path) => String(path).split('.')) : [])

const listSizeOf = (given: Record<string, unknown>): ListSize => ({
  assumed: typeof given.assumedSize === 'number' ? given.assumedSize : undefined,
  slicing: paths(given.slicingArguments),
  sized: paths(given.sizedFields),
  exactlyOne: given.requireOneSlicingArgument !== false,
})
