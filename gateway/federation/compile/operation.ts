import type { QueryPlan, SubscriptionNode } from '@apollo/query-planner'
import { type DocumentNode, type FragmentDefinitionNode, type GraphQLSchema, Kind, visit } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Step } from '../execute/run.ts'
import { stepOf } from '../execute/steps.ts'
import { type Introspect, introspectionOf } from '../shape/introspection.ts'
import { type Shape, shapeOf } from '../shape/shape.ts'
import { type Branches, branchesOf, type Fragments } from './branches.ts'
import { operationIn, type Required, renamed } from './names.ts'
import type { Types } from './types.ts'

/** What operations of one supergraph are compiled with. */
export type Compiler = {
  /** What clients see. */
  schema: GraphQLSchema
  types: Types
  required: Required
  /** Throws GraphQLError for an operation that cannot be planned. */
  plan(document: DocumentNode, operationName: string | undefined): QueryPlan
}
/** An operation, ready to be run often. */
export type Compiled = {
  step: Step
  /** Where events come from; of subscriptions only. */
  primary: SubscriptionNode['primary'] | undefined
  /** What the answer looks like when variables have these values. */
  shapeFor(variables: Readonly<Record<string, unknown>>): Shape
  introspect: Introspect
  /** All that the client may ask, under the names that the plan uses. */
  asked: Branches
  toClient(name: string): string
}

const variants = 32

/** Plans an operation and compiles its plan and its answer. Throws GraphQLError when it cannot be planned. */
export function compile(
  { schema, types, required, plan }: Compiler,
  client: DocumentNode,
  operationName: string | undefined,
): Compiled {
  const { document, toClient } = renamed(client, required)
  const operation = operationIn(document, operationName)!
  const fragments = fragmentsOf(document)
  const planned = plan(document, operationName)
  const root = schema.getRootType(operation.operation)!
  const deciding = decidingVariables(document)
  const shapes = new LRUCache<string, Shape>({ max: variants })
  return {
    step: stepOf(planned, { types, toClient }),
    primary: planned.node?.kind === 'Subscription' ? planned.node.primary : undefined,
    shapeFor(variables) {
      const decisions = new Map(deciding.map((name) => [name, variables[toClient(name)] === true]))
      const key = [...decisions.values()].map(Number).join('')
      let shape = shapes.get(key)
      if (!shape) {
        shape = shapeOf(root, operation.selectionSet, { schema, types, fragments, decisions, toClient })
        shapes.set(key, shape)
      }
      return shape
    },
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

/** The variables that decide which fields are asked for. */
function decidingVariables(document: DocumentNode): string[] {
  const names = new Set<string>()
  visit(document, {
    Directive({ name, arguments: given }) {
      const value = given?.[0]?.value
      if ((name.value === 'skip' || name.value === 'include') && value?.kind === Kind.VARIABLE)
        names.add(value.name.value)
    },
  })
  return [...names]
}
