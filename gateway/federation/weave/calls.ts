import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner'
import { type DocumentNode, parse, type SelectionSetNode, visit } from 'graphql'
import type { Fragments } from '../compile/branches.ts'
import { pathOf } from '../compile/path.ts'
import { type Request, requestOf, type Surroundings, selectionOf } from '../execute/fetch.ts'
import type { Piece, Way } from './pieces.ts'
import { emptyRow, type Row } from './row.ts'

/** A call of a plan as a text is woven of: what it asks for, how its answer is read, and where that belongs. */
export type WovenCall = {
  readonly number: number
  readonly subgraph: string
  readonly request: Request
  /** What it requires of an object, where it asks for entities. */
  readonly requires: FetchNode['requires']
  /** The names on the way to the objects that want its entities; null where it asks the root. */
  readonly place: string | null
  readonly set: SelectionSetNode
  readonly fragments: Fragments
  /** The pattern of its answer, or of each entity in it. */
  readonly row: Row
  /** In which call's rows the objects are that want its entities, and how one comes to them. */
  from: { call: number; way: Way; before: readonly number[] } | null
  /** The text that stands for an object to the subgraph. */
  represents: readonly Piece[]
  /** What the client's answer has of it, in parts between which something else stands. */
  parts: (readonly Piece[])[]
}
/** Calls one after the other, or at once. */
export type Order = { kind: 'call'; call: WovenCall } | { kind: 'inTurn' | 'atOnce'; of: readonly Order[] }

/** Says that an operation is for the usual way. */
export class Unwoven extends Error {}
export function unwoven(): never {
  throw new Unwoven()
}

/** The calls of a plan. Throws Unwoven where one is none of plain fields. */
export function callsOf({ node: root }: QueryPlan, surroundings: Surroundings) {
  const calls: WovenCall[] = []
  const callOf = (node: FetchNode, place: string | null): Order => {
    const { requires, inputRewrites, outputRewrites, contextRewrites, serviceName: subgraph } = node
    if ([inputRewrites, outputRewrites, contextRewrites].some((of) => of?.length)) unwoven()
    if (Boolean(requires) !== (place !== null)) unwoven()
    const document = parse(node.operation, { noLocation: true })
    if (hasDirectives(document)) unwoven()
    const { set = unwoven(), fragments } = selectionOf(document, Boolean(requires))
    const request = requestOf(node, surroundings)
    const call: WovenCall = {
      ...{ number: calls.length, subgraph, request, requires, place, set, fragments, row: emptyRow() },
      ...{ from: null, represents: [], parts: [] },
    }
    calls.push(call)
    return { kind: 'call', call }
  }
  const orderOf = (node: PlanNode, place: string | null): Order => {
    switch (node.kind) {
      case 'Fetch':
        return callOf(node, place)
      case 'Flatten':
        return orderOf(node.node, placeOf(node.path))
      case 'Sequence':
        return { kind: 'inTurn', of: node.nodes.map((of) => orderOf(of, place)) }
      case 'Parallel':
        return { kind: 'atOnce', of: node.nodes.map((of) => orderOf(of, place)) }
      default:
        return unwoven()
    }
  }
  if (!root || root.kind === 'Subscription') return unwoven()
  return { calls, order: orderOf(root, null) }
}

const placeOf = (path: Parameters<typeof pathOf>[0]): string =>
  pathOf(path)
    .flatMap(({ into, on }) => (on ? unwoven() : (into ?? [])))
    .join('.')

function hasDirectives(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    Directive() {
      found = true
    },
  })
  return found
}
