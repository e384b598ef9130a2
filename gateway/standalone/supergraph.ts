import { ApolloServer } from '@apollo/server'
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import type { Log } from '#kit/log.ts'
import type { Transport } from '#kit/transport.ts'
import { createEngine, type Engine } from '../federation/engine.ts'
import { generous as limits, limitsRule } from '../federation/limits.ts'
import { createWorkers } from '../federation/planner/workers.ts'
import { createSource } from '../federation/source.ts'
import { told } from './answering.ts'

/** What a request of the standalone gateway carries through the graph. */
export type OpenContext = {
  requestId: string
  /** The headers that subgraphs get too, as JSON. */
  forwarded: string
}

/** Graphs that nobody here knows may be large, and so may their operations be. */
const planning = { deadlineMs: 10_000, memoryMb: 1_024 }

/** A way to a subgraph, which is given up with the last supergraph that has it. */
export type Way = { transport: Transport; close(): void }
export type Open = { engine: Engine; apollo: ApolloServer<OpenContext> }

/** An engine for one supergraph, and Apollo Server over it. Throws one line when it does not load. */
export async function serving(options: {
  supergraphSdl: string
  wayTo(url: string): Way
  log: Log
}): Promise<Open> {
  const { log, wayTo } = options
  const engine = engineOf(options.supergraphSdl, wayTo, log)
  const apollo = new ApolloServer<OpenContext>({
    gateway: engine,
    logger: log,
    nodeEnv: 'production',
    csrfPrevention: true,
    persistedQueries: false,
    parseOptions: { maxTokens: limits.tokens },
    validationRules: [limitsRule(limits)],
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: told,
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  })
  await apollo.start()
  return { engine, apollo }
}

function engineOf(supergraphSdl: string, wayTo: (url: string) => Way, log: Log) {
  try {
    return createEngine({
      supergraphSdl,
      limits,
      planning: createWorkers({
        ...planning,
        onFailure: ({ error, ...of }) => log.warn({ ...of, err: error }, 'an operation could not be planned'),
      }),
      sourceFor(name, url) {
        const { transport, close } = wayTo(url)
        const source = createSource<OpenContext>({
          ...{ name, transport },
          tokenFor: async ({ forwarded }) => forwarded,
          onFailure: ({ error, ...of }) => log.warn({ ...of, err: error }, 'a subgraph did not answer'),
        })
        return { ...source, close }
      },
    })
  } catch (error) {
    const [line] = (error as Error).message.split('\n')
    throw new Error(`This is no supergraph that can be served: ${line}`, { cause: error })
  }
}
