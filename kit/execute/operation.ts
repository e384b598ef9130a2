import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'

/** An operation of a document, and what it is compiled with. */
export type Operation = {
  readonly schema: GraphQLSchema
  readonly fragments: Record<string, FragmentDefinitionNode>
  readonly definition: OperationDefinitionNode
  readonly root: GraphQLObjectType
  /** How many fields have a number so far. */
  numbers: number
}

/** The operation that is meant; null where there is none, or where it is not clear which. */
export function operationOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  name: string | null | undefined,
): Operation | null {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null)
  const found: OperationDefinitionNode[] = []
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    if (name == null || definition.name?.value === name) found.push(definition)
  }
  const [definition] = found
  if (!definition || found.length > 1) return null
  const root = schema.getRootType(definition.operation)
  return root ? { schema, fragments, definition, root, numbers: 0 } : null
}

/** Whether nothing has conditions, by which it is another document for other variables, and nothing is asked of the schema. */
export function isPlain(document: DocumentNode): boolean {
  let plain = true
  visit(document, {
    Directive: ({ name }) => {
      if (name.value === 'skip' || name.value === 'include') plain = false
    },
    Field: ({ name }) => {
      if (name.value.startsWith('__') && name.value !== '__typename') plain = false
    },
  })
  return plain
}
