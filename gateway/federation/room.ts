import type { DocumentNode, GraphQLSchema } from 'graphql'
import { type Cost, type CostOptions, createDemand } from './cost/demand.ts'
import { costDirectivesOf } from './cost/directives.ts'
import type { Values } from './cost/formula.ts'
import { pageBounds } from './limits/pages.ts'
import { checkVariables } from './limits/values.ts'
import type { Limits } from './limits.ts'
import type { Asked, Operation } from './operation.ts'

/** What one operation may ask beside its document, before it is planned and anybody is asked. */
export type Room = {
  /** Throws GraphQLError for variables that are too large, before they are looked at. */
  given(variables: Values): void
  /**
   * What the operation is estimated to cost, where that is of interest. Throws GraphQLError for pages that are too
   * large, and for an operation that costs too much.
   * @param values the coerced variables
   */
  taken(operation: Operation, asked: Asked, values: Values): Cost | undefined
}
export type RoomOptions = { limits: Limits; cost?: CostOptions | undefined }

/** Room in one schema, whose supergraph says what its parts cost. */
export function createRoom(
  schema: GraphQLSchema,
  supergraph: DocumentNode,
  { limits, cost }: RoomOptions,
): Room {
  const directives = costDirectivesOf(supergraph)
  const checkPages = pageBounds(schema, directives, limits.page)
  const demand = cost && createDemand(schema, directives, cost)
  return {
    given: (variables) => checkVariables(variables, limits),
    taken({ definition, fragments }, { document, context }, values) {
      checkPages(document.ast, values)
      return demand?.(definition, fragments, values, context)
    },
  }
}
