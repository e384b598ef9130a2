import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import type { Log } from '#kit/log.ts'
import type { Metrics } from '#kit/metrics.ts'
import type { GatewayContext } from './context.ts'
import { logMasked, presented } from './errors.ts'
import type { GatewayInterface } from './federation/engine.ts'
import { limits, limitsRule } from './federation/limits.ts'
import { counting } from './operations.ts'

/** Apollo Server over the engine: it answers what comes to the graph in no plain way. Throws if it cannot start. */
export async function startApollo(options: {
  gateway: GatewayInterface
  log: Log
  metrics: Metrics
  production: boolean
}): Promise<ApolloServer<GatewayContext>> {
  const { gateway, log, metrics, production } = options
  const apollo = new ApolloServer<GatewayContext>({
    gateway,
    logger: log,
    nodeEnv: production ? 'production' : 'development',
    csrfPrevention: true,
    persistedQueries: false,
    parseOptions: { maxTokens: limits.tokens },
    validationRules: [limitsRule()],
    introspection: true,
    hideSchemaDetailsFromClientErrors: production,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: presented,
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // Keys in the environment would turn these on: nothing here reports to anybody.
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      logging(log),
      counted(metrics),
    ],
  })
  await apollo.start()
  return apollo
}

const logging = (log: Log): ApolloServerPlugin<GatewayContext> => ({
  async requestDidStart({ contextValue: { requestId } }) {
    return {
      async didEncounterErrors({ errors }) {
        logMasked(log, requestId, errors)
      },
    }
  },
  async unexpectedErrorProcessingRequest({ requestContext, error }) {
    log.error({ requestId: requestContext.contextValue.requestId, err: error }, 'an operation failed')
  },
})

const counted = (metrics: Metrics): ApolloServerPlugin<GatewayContext> => ({
  async requestDidStart() {
    const tell = counting(metrics)
    return {
      async willSendResponse({ operationName, errors }) {
        tell(operationName, errors)
      },
    }
  },
})
