import { ApolloServer } from '@apollo/server'
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import type { GraphQLFormattedError } from 'graphql'
import type { Log } from '#kit/log.ts'
import type { Transport } from '#kit/transport.ts'
import { createEngine } from '../federation/engine.ts'
import { type Limits, limitsRule } from '../federation/limits.ts'
import { createSource } from '../federation/source.ts'

/** What a request of the standalone gateway carries through the graph. */
export type OpenContext = {
  requestId: string
  /** The headers that subgraphs get too, as JSON. */
  forwarded: string
}

/** Of schemas that nobody here knows: what keeps the process alive, and no more. */
const limits: Limits = {
  tokens: 200_000,
  depth: 100,
  aliases: 5_000,
  rootFields: 1_000,
  selections: 50_000,
  repetitions: 5_000,
}

/** Apollo Server over an engine for one supergraph, whoever asks. Throws one line when it does not load. */
export async function serving(options: {
  supergraphSdl: string
  transportTo(url: string): Transport
  log: Log
}): Promise<ApolloServer<OpenContext>> {
  const { log, transportTo } = options
  const apollo = new ApolloServer<OpenContext>({
    gateway: engineOf(options.supergraphSdl, transportTo, log),
    logger: log,
    nodeEnv: 'production',
    csrfPrevention: true,
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
  return apollo
}

function engineOf(supergraphSdl: string, transportTo: (url: string) => Transport, log: Log) {
  try {
    return createEngine({
      supergraphSdl,
      sourceFor: (name, url) =>
        createSource<OpenContext>({
          name,
          transport: transportTo(url),
          tokenFor: async ({ forwarded }) => forwarded,
          onFailure: ({ error, ...of }) => log.warn({ ...of, err: error }, 'a subgraph did not answer'),
        }),
    })
  } catch (error) {
    const [line] = (error as Error).message.split('\n')
    throw new Error(`This is no supergraph that can be served: ${line}`, { cause: error })
  }
}

// Subgraphs speak for themselves here; where they are and what they run is not for clients.
const hidden = new Set(['serviceName', 'stacktrace', 'exception'])
const told = ({ extensions = {}, ...error }: GraphQLFormattedError): GraphQLFormattedError => ({
  ...error,
  extensions: Object.fromEntries(Object.entries(extensions).filter(([name]) => !hidden.has(name))),
})
