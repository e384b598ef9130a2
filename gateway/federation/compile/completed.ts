import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner'
import {
  type DocumentNode,
  type FieldNode,
  type InlineFragmentNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql'
import { collect } from '../shape/collect.ts'
import type { Fragments } from './branches.ts'
import type { Members } from './members.ts'
import { operationIn } from './names.ts'
import { pathOf } from './path.ts'
import type { Types } from './types.ts'

type Sets = readonly SelectionSetNode[]
type Surroundings = {
  document: DocumentNode
  operationName: string | undefined
  fragments: Fragments
  members: Members
  types: Types
}

/**
 * A plan that asks of every object what its subgraph knows of it. Where subgraphs have different members of a union,
 * the planner drops what one of them does not have, also from the calls of those that do.
 */
export function completed(plan: QueryPlan, surroundings: Surroundings): QueryPlan {
  const operation = operationIn(surroundings.document, surroundings.operationName)
  if (!surroundings.members.any || !plan.node || !operation) return plan
  const { node } = plan
  const whole = (of: PlanNode, sets: Sets): PlanNode => {
    switch (of.kind) {
      case 'Fetch':
        return fetched(of, sets, operation, surroundings)
      case 'Flatten':
        return { ...of, node: whole(of.node, below(sets, pathOf(of.path), surroundings)) }
      case 'Sequence':
      case 'Parallel':
        return { ...of, nodes: of.nodes.map((each) => whole(each, sets)) }
      default:
        return of
    }
  }
  return node.kind === 'Subscription' ? plan : { ...plan, node: whole(node, [operation.selectionSet]) }
}

/** What the client selects inside of fields of a name, whatever the type that they are on. */
const inside = (sets: Sets, key: string, fragments: Fragments): SelectionSetNode[] =>
  sets.flatMap(({ selections }) =>
    selections.flatMap((selection): SelectionSetNode[] => {
      if (selection.kind === Kind.FIELD)
        return (selection.alias ?? selection.name).value === key && selection.selectionSet
          ? [selection.selectionSet]
          : []
      const set =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection.selectionSet
          : fragments.get(selection.name.value)?.selectionSet
      return set ? inside([set], key, fragments) : []
    }),
  )

const below = (sets: Sets, path: ReturnType<typeof pathOf>, { fragments }: Surroundings): Sets =>
  path.reduce<Sets>((at, { into }) => (into ? inside(at, into, fragments) : at), sets)

function fetched(
  node: FetchNode,
  sets: Sets,
  client: OperationDefinitionNode,
  { fragments, members, types }: Surroundings,
): FetchNode {
  const { serviceName: subgraph } = node
  const added = new Set<string>()
  const isLocal = (type: string, { name, selectionSet, arguments: given = [] }: FieldNode): boolean => {
    if (name.value === '__typename') return true
    const inner = members.typeOf(type, name.value)
    if (!inner || given.length > 0 || !members.has(subgraph, type, name.value)) return false
    return (
      !selectionSet ||
      selectionSet.selections.every((each) => each.kind === Kind.FIELD && isLocal(inner, each))
    )
  }
  /** What is missing of each type of its own, where a field has an abstract type. */
  const missing = (set: SelectionSetNode, abstract: string, wanted: Sets): InlineFragmentNode[] =>
    members.own(subgraph, abstract).flatMap((type) => {
      const reading = { fragments, types, decisions: new Map<string, boolean>() }
      const asked = collect(type, [set], reading)
      const selections = [...collect(type, wanted, reading)].flatMap(([key, [field]]) =>
        asked.has(key) || !isLocal(type, field!) ? [] : [field!],
      )
      if (selections.length === 0) return []
      added.add(type)
      return [fragmentOn(type, selections)]
    })
  const grown = (set: SelectionSetNode, parent: string, wanted: Sets): SelectionSetNode => ({
    ...set,
    selections: set.selections.map((selection): SelectionNode => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return selection
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const type = selection.typeCondition?.name.value ?? parent
        return { ...selection, selectionSet: grown(selection.selectionSet, type, wanted) }
      }
      const type = members.typeOf(parent, selection.name.value)
      if (!selection.selectionSet || !type) return selection
      const inner = inside(wanted, (selection.alias ?? selection.name).value, fragments)
      const own = grown(selection.selectionSet, type, inner)
      return {
        ...selection,
        selectionSet: { ...own, selections: [...own.selections, ...missing(own, type, inner)] },
      }
    }),
  })
  const root = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' }[client.operation]
  const document = visit(parse(node.operation, { noLocation: true }), {
    OperationDefinition(of) {
      if (!node.requires) return { ...of, selectionSet: grown(of.selectionSet, root, sets) }
      return {
        ...of,
        selectionSet: {
          ...of.selectionSet,
          selections: of.selectionSet.selections.map((field) =>
            field.kind === Kind.FIELD && field.selectionSet
              ? { ...field, selectionSet: grown(field.selectionSet, '', sets) }
              : field,
          ),
        },
      }
    },
  })
  return added.size === 0 ? node : { ...node, operation: print(document) }
}

const fragmentOn = (type: string, selections: readonly SelectionNode[]): InlineFragmentNode => ({
  kind: Kind.INLINE_FRAGMENT,
  typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } },
  selectionSet: { kind: Kind.SELECTION_SET, selections },
})
