import {
  operationFromDocument,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
} from '@apollo/federation-internals'
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner'
import { type DocumentNode, parse } from 'graphql'
import { plannable } from '../compile/plannable.ts'
import { withVariants } from '../compile/variants.ts'
import type { Loaded } from './planner.ts'
import { loadSupergraph } from './supergraph.ts'

// Where every subgraph can answer everything, 126 selections took 590 ms with Apollo’s 10,000, 74 ms with this.
const maxEvaluatedPlans = 1_000

/** Apollo's planner over one supergraph, on the thread that calls it. */
export type ApolloPlanner = {
  loaded: Loaded
  /** Throws when an operation cannot be planned; may take very long, and much memory, to find that out. */
  plan(document: DocumentNode, operationName: string | undefined): QueryPlan
}

/** Loads a supergraph SDL, ready to plan. Throws when it is not one, or asks for a feature that nobody knows. */
export function apolloPlanner(supergraphSdl: string): ApolloPlanner {
  const told = plannable(parse(supergraphSdl, { noLocation: true }))
  const planned = Supergraph.build(told.document, {
    supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
    // Where variants stand for them, external fields have nobody who requires them.
    validateSupergraph: false,
  })
  const apiSchema = planned.apiSchema()
  const planner = new QueryPlanner(planned, {
    // Without, one name that two types ask with different arguments is fetched for both, and one of them loses.
    typeConditionedFetching: true,
    debug: { maxEvaluatedPlans },
  })
  return {
    loaded: loadSupergraph(supergraphSdl),
    plan(document, operationName) {
      const options = operationName ? { operationName } : {}
      return withVariants(planner.buildQueryPlan(operationFromDocument(apiSchema, document, options)), told)
    },
  }
}
