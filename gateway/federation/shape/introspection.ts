import {
  type DocumentNode,
  executeSync,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Fragments } from '../compile/branches.ts'

/** Answers what an operation asks of the schema itself, by the names that the client gave; null for no such name. */
export type Introspect = (variables: Readonly<Record<string, unknown>>) => (name: string) => unknown

const isMeta = (name: string) => name === '__schema' || name === '__type'

/** Whether an operation asks of the schema itself. */
export const introspects = (set: SelectionSetNode, fragments: Fragments): boolean =>
  metaOf(set, fragments).selections.some(isMetaField)

const isMetaField = (selection: SelectionNode): boolean =>
  selection.kind === Kind.FIELD ||
  (selection.kind === Kind.INLINE_FRAGMENT && selection.selectionSet.selections.some(isMetaField))

/** The part of an operation that no subgraph answers. Without variables its answer is computed once. */
export function introspectionOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Fragments,
): Introspect {
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [
      { ...operation, selectionSet: metaOf(operation.selectionSet, fragments) },
      ...(fragments.values() as Iterable<FragmentDefinitionNode>),
    ],
  }
  const ask = (variableValues: Readonly<Record<string, unknown>>) =>
    executeSync({ schema, document, variableValues }).data ?? {}
  const isConstant = !operation.variableDefinitions?.length
  let constant: ReturnType<typeof ask> | undefined
  return (variables) => (name) => {
    if (isConstant) constant ??= ask({})
    const data = constant ?? ask(variables)
    return Object.hasOwn(data, name) ? data[name] : null
  }
}

function metaOf({ selections }: SelectionSetNode, fragments: Fragments): SelectionSetNode {
  const meta = selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return isMeta(selection.name.value) ? [selection] : []
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return [{ ...selection, selectionSet: metaOf(selection.selectionSet, fragments) }]
    const fragment = fragments.get(selection.name.value)
    if (!fragment) return []
    const { typeCondition } = fragment
    const { directives = [] } = selection
    const selectionSet = metaOf(fragment.selectionSet, fragments)
    return [{ kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet }]
  })
  return { kind: Kind.SELECTION_SET, selections: meta }
}
