import type { QueryPlan } from '@apollo/query-planner'
import { type DocumentNode, GraphQLError } from 'graphql'

/** What a supergraph says to everybody but its planner. Plain data: it may come from another process. */
export type Loaded = {
  supergraphSdl: string
  /** What clients see. */
  apiSdl: string
  subgraphs: readonly { name: string; url: string }[]
}
/**
 * Turns an operation into the calls that answer it. Rejects with GraphQLError where it may be told why (nobody is
 * free to plan it), and with any other error where it cannot be planned.
 */
export type Planner = (document: DocumentNode, operationName: string | undefined) => Promise<QueryPlan>

/** The planner of one supergraph. */
export type OpenPlanner = {
  /** Rejects when the supergraph is none, or asks for a feature that nobody knows. */
  load(): Promise<Loaded>
  plan: Planner
  /** Its supergraph is not asked for any more. What is asked all the same is still planned. */
  close(): void
}
/** Planners of any supergraphs. */
export type Planning = {
  plannerOf(supergraphSdl: string): OpenPlanner
  /** What is being planned is refused; resolves when all is gone that planned. */
  close(): Promise<void>
}

const message = 'This operation cannot be planned; ask for less of it at once'

/** What clients are told where the planner fails, is late or has no memory left. */
export const unplannable = (reason: Error): GraphQLError =>
  new GraphQLError(message, {
    originalError: reason,
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
  })
