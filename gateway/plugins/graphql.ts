import type { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyPluginAsync } from 'fastify'
import type { Log } from '#kit/log.ts'
import type { GatewayContext } from '../context.ts'
import { refuseGraphql, thrown } from '../errors.ts'

/** The graph, at `/graphql`. */
export const graphql: FastifyPluginAsync<{ apollo: ApolloServer<GatewayContext>; log: Log }> = async (
  app,
  { apollo, log },
) => {
  app.setErrorHandler((error, request, reply) => refuseGraphql(reply, thrown(error, log, request.id)))
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: fastifyApolloHandler(apollo, {
      context: async (request): Promise<GatewayContext> => ({
        viewer: request.viewer,
        requestId: request.id,
      }),
    }),
  })
}
