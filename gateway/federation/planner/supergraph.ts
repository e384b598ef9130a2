import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { printSchema } from 'graphql'
import type { Loaded } from './planner.ts'

/** Reads a supergraph SDL. Throws when it is not one, or asks for a feature that nobody knows. */
export const supergraphOf = (supergraphSdl: string): Supergraph =>
  Supergraph.build(supergraphSdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })

let last: Loaded | undefined

/**
 * What a supergraph says to others than its planner; of the last one it is known, for whoever opens another engine over
 * it. Throws as `supergraphOf` does.
 */
export function loadSupergraph(supergraphSdl: string, supergraph?: Supergraph): Loaded {
  if (last?.supergraphSdl === supergraphSdl) return last
  const known = supergraph ?? supergraphOf(supergraphSdl)
  last = {
    supergraphSdl,
    apiSdl: printSchema(known.apiSchema().toGraphQLJSSchema()),
    subgraphs: known.subgraphsMetadata().map(({ name, url }) => ({ name, url })),
  }
  return last
}
