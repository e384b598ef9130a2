import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { type DocumentNode, GraphQLError, visit } from 'graphql'
import { forbidden } from '#kit/errors.ts'
import type { Log } from '#kit/log.ts'
import type { Metrics } from '#kit/metrics.ts'
import type { GatewayContext } from './context.ts'
import { logMasked, presented, publicError } from './errors.ts'
import type { GatewayInterface } from './federation/engine.ts'
import { limits, limitsRule } from './federation/limits.ts'

/** Apollo Server over the engine: what both doors, GraphQL and REST, execute with. Throws if it cannot start. */
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
      counting(metrics),
      ...(production ? [introspectionForMembers()] : []),
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

/** How long each operation took, and with which errors it ended. */
const counting = (metrics: Metrics): ApolloServerPlugin<GatewayContext> => ({
  async requestDidStart() {
    const from = performance.now()
    return {
      async willSendResponse({ operationName, errors = [] }) {
        const codes = errors.map(({ message, extensions }) => publicError(message, extensions).code)
        const seconds = (performance.now() - from) / 1_000
        metrics.operation(operationName ?? 'unnamed', [...new Set(codes)], seconds)
      },
    }
  },
})

/** The schema is for those who have signed in. Not a validation rule: their outcome is shared by all viewers. */
const introspectionForMembers = (): ApolloServerPlugin<GatewayContext> => {
  const known = new WeakMap<DocumentNode, boolean>()
  const introspects = (document: DocumentNode) => {
    const before = known.get(document)
    if (before !== undefined) return before
    let found = false
    visit(document, {
      Field: ({ name }) => {
        if (name.value === '__schema' || name.value === '__type') found = true
      },
    })
    known.set(document, found)
    return found
  }
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, contextValue }) {
          if (contextValue.viewer.kind === 'member' || !introspects(document)) return
          const { message, code } = forbidden('Sign in to read the schema')
          throw new GraphQLError(message, { extensions: { code, http: { status: 403 } } })
        },
      }
    },
  }
}
