import type { ApolloServer } from '@apollo/server'
import type { WebsocketHandler } from '@fastify/websocket'
import type { FastifyPluginAsync } from 'fastify'
import { forbidden, NexusError } from '#kit/errors.ts'
import type { Log } from '#kit/log.ts'
import { contextOf, type GatewayContext } from '../context.ts'
import { httpDoor } from '../door.ts'
import { refuseGraphql, thrown } from '../errors.ts'
import { limits } from '../federation/limits.ts'
import type { Operations } from '../operations.ts'
import { isForeign } from '../session.ts'

export type GraphqlOptions = {
  apollo: ApolloServer<GatewayContext>
  operations: Operations
  /** Serves who comes with a WebSocket. */
  socket: WebsocketHandler
  log: Log
}

/** Bytes: a document and its variables within their limits have room in it, and reading more costs time. */
const bodyLimit = 256 * 1024

/** The graph, at `/graphql`: by HTTP, and by WebSocket for programs, pages of this very host and those that somebody allows. */
export const graphql: FastifyPluginAsync<GraphqlOptions> = async (app, options) => {
  const { apollo, operations, socket, log } = options
  app.setErrorHandler((error, request, reply) => refuseGraphql(reply, thrown(error, log, request.id)))
  const handler = httpDoor(apollo, operations, contextOf)
  app.route({
    method: 'POST',
    url: '/graphql',
    bodyLimit,
    // Apollo Server would read it, however long it is.
    preHandler: (request, _reply, done) =>
      isTooLong(request.body)
        ? done(new NexusError('GRAPHQL_PARSE_FAILED', 'The document is too long'))
        : done(),
    handler,
  })
  app.route({
    method: 'GET',
    url: '/graphql',
    // Browsers ask no permission before a WebSocket to another host: they only say which page asks.
    preValidation: async (request) => {
      if (request.ws && isForeign(request.headers) && !request.fromAllowedPage)
        throw forbidden('Another page may not connect from here')
    },
    handler,
    wsHandler: socket,
  })
}

const isTooLong = (body: unknown): boolean =>
  typeof body === 'object' &&
  body !== null &&
  'query' in body &&
  typeof body.query === 'string' &&
  body.query.length > limits.characters
