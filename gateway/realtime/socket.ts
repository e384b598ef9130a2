import websocket, { type WebSocket, type WebsocketHandler } from '@fastify/websocket'
import { fastifyPlugin } from 'fastify-plugin'
import { GraphQLError } from 'graphql'
import { handleProtocols, makeServer } from 'graphql-ws'
import type { Client } from '#kit/client.ts'
import { NexusError } from '#kit/errors.ts'
import { newId } from '#kit/id.ts'
import type { Log } from '#kit/log.ts'
import type { Member } from '#kit/viewer.ts'
import type { Access, Entered } from '../access.ts'
import { clientOf } from '../context.ts'
import { presented } from '../errors.ts'
import type { Asked } from '../operations.ts'
import type { Origins } from '../origins.ts'
import { bearerOf } from '../plugins/viewer.ts'
import type { Counter } from '../rates.ts'
import { isForeign } from '../session.ts'
import { type Answering, counted } from './counted.ts'
import type { Live } from './live.ts'

/** `milliseconds` of silence after which a socket is asked whether it lives, and of its answer. */
const keepAliveMs = 12_000
const maxOperations = 100
const maxMessageBytes = 1024 * 1024
const closeWithinMs = 1_000
/** Close codes of RFC 6455 and of the protocol of graphql-ws. */
const codes = { goingAway: 1001, tryLater: 1013, internal: 4500, unauthorized: 4401, forbidden: 4403 }

/** WebSockets for the whole server. When it closes they are told so, and cut if they do not follow. */
export const sockets = fastifyPlugin(async (app) => {
  await app.register(websocket, {
    options: { maxPayload: maxMessageBytes, handleProtocols },
    // What a client does wrong with its own socket is nobody else's matter.
    errorHandler: (_error, socket) => socket.terminate(),
    async preClose() {
      const { clients } = app.websocketServer
      const gone = [...clients].map((client) => new Promise((resolve) => client.once('close', resolve)))
      for (const client of clients) client.close(codes.goingAway, 'The server stops')
      const cut = setTimeout(() => {
        for (const client of clients) client.terminate()
      }, closeWithinMs)
      await Promise.all(gone).finally(() => clearTimeout(cut))
      app.websocketServer.close()
    },
  })
})

type Extra = {
  socket: WebSocket
  /** Whom the cookie or the header of the handshake names. */
  entered: Entered | null
  client: Client
  /** The origin of another host's page that asks. */
  foreign: string | undefined
  member?: Member
  unwatch?: () => void
  ended?: boolean
}
type Params = { authorization?: unknown }

/**
 * GraphQL over one WebSocket, by the protocol `graphql-transport-ws`. It begins with
 * `connection_init { "authorization": "Bearer ..." }`, or with the browser's cookie, and ends with that token or
 * its session: 4401 says that no token came, 4403 that it is not or no longer valid, 1013 that nobody can say.
 */
export function socketHandler({
  live,
  access,
  origins,
  counter,
  log,
}: {
  live: Live
  access: Access
  origins: Origins
  counter: Counter
  log: Log
}): WebsocketHandler {
  const server = makeServer<Params, Extra>({
    async onConnect({ connectionParams, extra }) {
      const given = connectionParams?.authorization
      const token = bearerOf(String(given ?? ''))
      const named = token ? await access.enter(token, extra.client.ip).catch(codeOf) : null
      const entered = given === undefined ? extra.entered : named
      if (!entered) extra.socket.close(codes.unauthorized, 'Send the access token in connection_init')
      if (entered === codes.tryLater) extra.socket.close(codes.tryLater, 'Try again later')
      if (!entered || typeof entered === 'number' || extra.ended) return false
      if (extra.foreign && !(await origins.allows(entered.member, extra.foreign)))
        extra.socket.close(codes.forbidden, 'Another page may not connect from here')
      if (extra.ended || extra.socket.readyState !== extra.socket.OPEN) return false
      extra.member = entered.member
      extra.unwatch = access.watch(entered, ({ message }) => extra.socket.close(codes.forbidden, message))
      return true
    },
    onSubscribe({ subscriptions, extra }, _id, payload) {
      if (Object.keys(subscriptions).length > maxOperations)
        return [refusal(`At most ${maxOperations} operations at once`, 'RATE_LIMITED')]
      const asked: Asked = payload
      const context = { viewer: extra.member!, requestId: newId(), client: extra.client }
      // Left to graphql-ws, a syntax error would close the socket.
      const found = live.read(asked, context)
      if ('errors' in found) return found.errors
      const contextValue = { asked, context }
      const { operationName, variables } = payload
      const { ast: document } = found.document
      return { schema: null as never, document, operationName, variableValues: variables, contextValue }
    },
    execute: ({ contextValue }) => answer(contextValue),
    subscribe: ({ contextValue }) => answer(contextValue),
    // Answers are fit for clients already.
    onNext: (_context, _id, _payload, _args, result) => result,
    onError: (_context, _id, _payload, errors) => errors.map((error) => presented(error)),
    onClose: ({ extra }) => {
      extra.ended = true
      extra.unwatch?.()
    },
  })
  const answerCounted = counted(live.answer, counter)
  const answer = (operation: unknown) => answerCounted(operation as Answering) as Promise<never>

  return (socket, request) => {
    const { entered, headers } = request
    const foreign = isForeign(headers) ? headers.origin : undefined
    const closed = server.opened(
      {
        protocol: socket.protocol,
        // Resolves when it is written: who reads slowly is sent nothing more meanwhile.
        send: (data) =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) return resolve()
            socket.send(data, (error) =>
              error && socket.readyState === socket.OPEN ? reject(error) : resolve(),
            )
          }),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => {
          socket.on('message', (data) => {
            handle(String(data)).catch((error: unknown) => {
              log.warn({ err: error }, 'a message on a socket failed')
              socket.close(codes.internal, 'Internal error')
            })
          })
        },
      },
      { socket, entered, client: clientOf(request), foreign },
    )
    const stop = keepAlive(socket)
    socket.once('close', (code, reason) => {
      stop()
      closed(code, String(reason)).catch((error: unknown) => log.warn({ err: error }, 'a socket left badly'))
    })
  }
}

const codeOf = (error: unknown): number =>
  error instanceof NexusError && error.code !== 'SERVICE_UNAVAILABLE' ? codes.forbidden : codes.tryLater

const refusal = (message: string, code: string) => new GraphQLError(message, { extensions: { code } })

/** Asks again and again whether the other side lives, and cuts it when no answer came since the last time. */
function keepAlive(socket: WebSocket): () => void {
  let answered = true
  socket.on('pong', () => {
    answered = true
  })
  const timer = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  }, keepAliveMs)
  return () => clearInterval(timer)
}
