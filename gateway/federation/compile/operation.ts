import type { QueryPlan, SubscriptionNode } from '@apollo/query-planner'
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationTypeNode,
} from 'graphql'
import type { Call } from '../execute/fetch.ts'
import type { Step } from '../execute/run.ts'
import { stepOf } from '../execute/steps.ts'
import { type Exact, exactOf } from '../shape/exact.ts'
import { type Introspect, introspectionOf } from '../shape/introspection.ts'
import { type Shape, shapeOf } from '../shape/shape.ts'
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
  /** Throws GraphQLError for an operation that cannot be planned. */
  plan(document: DocumentNode, operationName: string | undefined): QueryPlan
}
/** An operation as it was read: what it is compiled from. */
export type Outline = Renamed & {
  client: DocumentNode
  operationName: string | undefined
  /** The client's names of the variables that decide which fields are asked for. */
  deciding: readonly string[]
}
/** An operation, ready to be run often. */
export type Compiled = {
  kind: `${OperationTypeNode}`
  step: Step
  /** Where events come from; of subscriptions only. */
  primary: SubscriptionNode['primary'] | undefined
  shape: Shape
  /** Set where one subgraph may answer just what the client asked. */
  passing: { call: Call; isExact: Exact } | null
  introspect: Introspect
  /** All that the client may ask, under the names that the plan uses. */
  asked: Branches
  toClient(name: string): string
}

export function outlineOf(
  { required }: Compiler,
  client: DocumentNode,
  operationName: string | undefined,
): Outline {
  const own = renamed(client, required)
  return { ...own, client, operationName, deciding: decidingVariables(client) }
}

/**
 * Plans an operation for one decision of what it asks for, and compiles the plan and the answer. Throws
 * GraphQLError when it cannot be planned.
 * @param isDecided tells of a client's variable whether it is true
 */
export function compile(
  { schema, types, identify, plan }: Compiler,
  { client, document, operationName, toClient }: Outline,
  isDecided: (variable: string) => boolean,
): Compiled {
  const decisions: Decisions = new Map(
    decidingVariables(document).map((name) => [name, isDecided(toClient(name))]),
  )
  const operation = operationIn(document, operationName)!
  const fragments = fragmentsOf(document)
  const planned = plan(decided(document, decisions), operationName)
  const root = schema.getRootType(operation.operation)!
  const { step, only } = stepOf(planned, { types, identify, toClient })
  const isExact = only && exactOf(root, operation.selectionSet, { types, fragments, decisions, toClient })
  return {
    kind: operation.operation,
    step,
    passing: only && isExact && { call: only, isExact },
    primary: planned.node?.kind === 'Subscription' ? planned.node.primary : undefined,
    shape: shapeOf(root, operation.selectionSet, { schema, types, fragments, decisions, toClient }),
    introspect: introspectionOf(schema, operationIn(client, operationName)!, fragmentsOf(client)),
    asked: branchesOf(operation.selectionSet, fragments),
    toClient,
  }
}

export const fragmentsOf = ({ definitions }: DocumentNode): Fragments =>
  new Map(
    definitions
      .filter((of): of is FragmentDefinitionNode => of.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  )
