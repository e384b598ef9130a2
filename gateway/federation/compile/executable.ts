import {
  type ConstDirectiveNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  extendSchema,
  type GraphQLSchema,
  Kind,
  type TypeNode,
  visit,
} from 'graphql'

const executable = new Set([
  'QUERY',
  'MUTATION',
  'SUBSCRIPTION',
  'FIELD',
  'FRAGMENT_DEFINITION',
  'FRAGMENT_SPREAD',
  'INLINE_FRAGMENT',
  'VARIABLE_DEFINITION',
])

/** A schema in which clients may write the directives that subgraphs agreed on, which Apollo's leaves out. */
export function withDirectives(schema: GraphQLSchema, supergraph: DocumentNode): GraphQLSchema {
  const definitions = supergraph.definitions.filter(
    (of): of is DirectiveDefinitionNode =>
      of.kind === Kind.DIRECTIVE_DEFINITION &&
      !schema.getDirective(of.name.value) &&
      of.locations.some(({ value }) => executable.has(value)) &&
      (of.arguments ?? []).every(({ type }) => schema.getType(namedType(type))),
  )
  if (definitions.length === 0) return schema
  const own = definitions.map((of) => ({
    ...of,
    locations: of.locations.filter(({ value }) => executable.has(value)),
  }))
  return extendSchema(schema, { kind: Kind.DOCUMENT, definitions: own })
}

/** A document without the directives that decide nothing here: subgraphs need not know them. */
export const withoutDirectives = (document: DocumentNode): DocumentNode =>
  visit(document, { Directive: (directive) => (decides(directive) ? undefined : null) })

const decides = ({ name }: Pick<ConstDirectiveNode, 'name'>) =>
  name.value === 'skip' || name.value === 'include' || name.value === 'defer'

const namedType = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type)
