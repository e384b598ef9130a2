import type { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { WebsocketHandler } from '@fastify/websocket'
import type { FastifyPluginAsync } from 'fastify'
import { forbidden } from '#kit/errors.ts'
import type { Log } from '#kit/log.ts'
import { contextOf, type GatewayContext } from '../context.ts'
import { refuseGraphql, thrown } from '../errors.ts'
import type { Operations } from '../operations.ts'
import { plainOf, write } from '../plain.ts'
import { isForeign } from '../session.ts'

export type GraphqlOptions = {
  apollo: ApolloServer<GatewayContext>
  operations: Operations
  /** Serves who comes with a WebSocket. */
  socket: WebsocketHandler
  log: Log
}

/**
 * The graph, at `/graphql`: by HTTP, and by WebSocket for pages of this very host and for programs. What is asked
 * as nearly everybody asks is answered here; of all else Apollo Server knows what it is.
 */
export const graphql: FastifyPluginAsync<GraphqlOptions> = async (app, options) => {
  const { apollo, operations, socket, log } = options
  app.setErrorHandler((error, request, reply) => refuseGraphql(reply, thrown(error, log, request.id)))
  const handler = fastifyApolloHandler(apollo, {
    context: async (request): Promise<GatewayContext> => contextOf(request),
  })
  app.route({
    method: 'POST',
    url: '/graphql',
    handler: (request, reply) => {
      const plain = plainOf(request)
      if (!plain) return handler.call(app, request, reply)
      return operations.answer(plain.asked, contextOf(request)).then((answer) => {
        const { status, body } = write(answer)
        reply.code(status).header('content-type', plain.type)
        return body
      })
    },
  })
  app.route({
    method: 'GET',
    url: '/graphql',
    // Browsers ask no permission before a WebSocket to another host: they only say which page asks.
    preValidation: async (request) => {
      if (request.ws && isForeign(request.headers)) throw forbidden('Another page may not connect from here')
    },
    handler,
    wsHandler: socket,
  })
}
