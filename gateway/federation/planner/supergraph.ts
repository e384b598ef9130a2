import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { printSchema } from 'graphql'
import type { Loaded } from './planner.ts'

/** Reads a supergraph SDL. Throws when it is not one, or asks for a feature that nobody knows. */
export const supergraphOf = (supergraphSdl: string): Supergraph =>
  Supergraph.build(supergraphSdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })

/** What a supergraph says to others than its planner. Throws as `supergraphOf` does. */
export function loadSupergraph(supergraphSdl: string, supergraph = supergraphOf(supergraphSdl)): Loaded {
  return {
    supergraphSdl,
    apiSdl: printSchema(supergraph.apiSchema().toGraphQLJSSchema()),
    subgraphs: supergraph.subgraphsMetadata().map(({ name, url }) => ({ name, url })),
  }
}
