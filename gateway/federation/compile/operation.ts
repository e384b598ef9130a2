import type { QueryPlan, SubscriptionNode } from '@apollo/query-planner'
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationTypeNode,
} from 'graphql'
import type { Access } from '../authorize/access.ts'
import type { Refusal } from '../authorize/filter.ts'
import { type Guarded, guardsOf } from '../authorize/guards.ts'
import type { Judged } from '../authorize/judge.ts'
import { viewOf } from '../authorize/view.ts'
import type { Step } from '../execute/run.ts'
import { stepOf } from '../execute/steps.ts'
import { type Planner, unplannable } from '../planner/planner.ts'
import { collect } from '../shape/collect.ts'
import { type Introspect, introspectionOf } from '../shape/introspection.ts'
import { type Shape, shapeOf } from '../shape/shape.ts'
import { seldom } from '../weave/seldom.ts'
import { type Weave, weaveOf } from '../weave/weave.ts'
import { type Branches, branchesOf, type Fragments } from './branches.ts'
import { type Decisions, decided, decidingVariables } from './decisions.ts'
import type { Identify } from './keys.ts'
import { operationIn, type Renamed, type Required, renamed } from './names.ts'
import type { Types } from './types.ts'

/** What operations of one supergraph are compiled with. */
export type Compiler = {
  /** What clients see. */
  schema: GraphQLSchema
  types: Types
  required: Required
  identify: Identify
  access: Access
  plan: Planner
  keepsPlans: boolean
}
/** An operation as it was read: what it is compiled from. */
export type Outline = Renamed & {
  client: DocumentNode
  operationName: string | undefined
  /** The client's names of the variables that decide which fields are asked for. */
  deciding: readonly string[]
  /** What it asks of its caller; null where everybody may see all of it. */
  guarded: Guarded | null
}
/** An operation, ready to be run often. */
export type Compiled = {
  kind: `${OperationTypeNode}`
  step: Step
  /** Where events come from; of subscriptions only. */
  primary: SubscriptionNode['primary'] | undefined
  shape: Shape
  /** Answers with text, where the subgraphs' texts have all of it as it should be; null of what is not plain. */
  weave: Weave | null
  introspect: Introspect
  /** All that the client may ask, under the names that the plan uses. */
  asked: Branches
  toClient(name: string): string
  /** What the caller may not see. */
  refusals: readonly Refusal[]
  /** How long the plan is, in characters of JSON. */
  planLength: number
  /** Where plans are kept. */
  plan: QueryPlan | undefined
}

export function outlineOf(
  { required, access, schema }: Compiler,
  client: DocumentNode,
  operationName: string | undefined,
): Outline {
  const own = renamed(client, required)
  const operation = operationIn(own.document, operationName)!
  const root = schema.getRootType(operation.operation)!.name
  const guarded = guardsOf(access, operation, { root, fragments: fragmentsOf(own.document) })
  return { ...own, client, operationName, deciding: decidingVariables(client), guarded }
}

/**
 * Plans an operation for one decision of what it asks for, and compiles the plan and the answer. Rejects with
 * GraphQLError when it cannot be planned.
 * @param isDecided tells of a client's variable whether it is true
 * @param judged which of its requirements the caller meets
 */
export async function compile(
  { schema, types, identify, plan, keepsPlans }: Compiler,
  outline: Outline,
  isDecided: (variable: string) => boolean,
  judged: Judged,
): Promise<Compiled> {
  const { client, document, operationName, toClient } = outline
  const decisions: Decisions = new Map(
    decidingVariables(document).map((name) => [name, isDecided(toClient(name))]),
  )
  const { asked, kept, withheld, refusals } = viewOf(outline, judged, { decisions, toClient })
  const operation = operationIn(asked, operationName)!
  const fragments = fragmentsOf(asked)
  const root = schema.getRootType(operation.operation)!
  const surroundings = { types, identify, toClient }
  const selecting = { types, fragments, decisions, toClient }
  const left = decided(kept, decisions)
  const planned = await plan(left, operationName)
  const { selectionSet } = operationIn(left, operationName)!
  const wanted = () => collect(root.name, [selectionSet], { ...selecting, fragments: fragmentsOf(left) })
  // The planner leaves out what nobody can answer, as it leaves out what the schema tells.
  if (!planned.node && [...wanted().values()].some(([field]) => !field!.name.value.startsWith('__')))
    throw unplannable(new Error('Nobody answers any of it'))
  return {
    kind: operation.operation,
    step: stepOf(planned, surroundings),
    weave:
      operation.operation === 'query' && refusals.length === 0
        ? seldom(() => weaveOf(planned, root, operation.selectionSet, selecting, surroundings))
        : null,
    primary: planned.node?.kind === 'Subscription' ? planned.node.primary : undefined,
    shape: shapeOf(root, operation.selectionSet, { schema, types, fragments, decisions, withheld, toClient }),
    introspect: introspectionOf(schema, operationIn(client, operationName)!, fragmentsOf(client)),
    // Of what is withheld nothing is told, also not how a call failed that needs it for something else.
    asked: branchesOf(operationIn(kept, operationName)!.selectionSet, fragmentsOf(kept)),
    toClient,
    refusals,
    planLength: JSON.stringify(planned).length,
    plan: keepsPlans ? planned : undefined,
  }
}

export const fragmentsOf = ({ definitions }: DocumentNode): Fragments =>
  new Map(
    definitions
      .filter((of): of is FragmentDefinitionNode => of.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  )
