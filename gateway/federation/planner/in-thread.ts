import { type ApolloPlanner, apolloPlanner } from './apollo.ts'
import type { Planning } from './planner.ts'

/**
 * Planners on the thread that asks: nothing ends one that takes long, and nothing else happens meanwhile. For
 * tests, and for measuring.
 */
export const inThread: Planning = {
  plannerOf(supergraphSdl) {
    let opened: ApolloPlanner | undefined
    const open = () => {
      opened ??= apolloPlanner(supergraphSdl)
      return opened
    }
    return {
      load: async () => open().loaded,
      plan: async (document, operationName) => open().plan(document, operationName),
      close: () => {},
    }
  },
  close: async () => {},
}
