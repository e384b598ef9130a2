import type { ApolloServer, BaseContext } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Document, Refused } from './federation/documents.ts'
import { isNamed, type Named } from './federation/persisted.ts'
import { namedIn, withText } from './named.ts'
import { type Answer, type Asked, type Written, written } from './operations.ts'
import { plainOf } from './plain.ts'

/** Who answers behind a door. */
export type Answering<Context> = {
  write(asked: Asked, context: Context): Promise<Written>
  textOf(asked: Named, context: Context): string | Refused
  read(asked: Named, context: Context): Document | Refused
  present(result: Refused, context: Context): Answer
}
type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/**
 * GraphQL over HTTP. What is asked as nearly everybody asks is answered at once; of all else Apollo Server knows
 * what it is, once it has the text that is meant.
 */
export function httpDoor<Context extends BaseContext>(
  apollo: ApolloServer<Context>,
  answering: Answering<Context>,
  contextOf: (request: FastifyRequest) => Context,
): Handler {
  const apollos = fastifyApolloHandler(apollo, { context: async (request) => contextOf(request) })
  const asApollo: Handler = (request, reply) =>
    apollos.call(request.server, request, reply) as Promise<unknown>

  const unusual: Handler = async (request, reply) => {
    const named = namedIn(request)
    if (typeof named.query !== 'string' && !isNamed(named)) return asApollo(request, reply)
    const context = contextOf(request)
    const text = answering.textOf(named, context)
    if (typeof text !== 'string') return send(reply, written(answering.present(text, context)))
    if (!isNamed(named)) return asApollo(request, reply)
    answering.read(named, context)
    return asApollo(withText(request, text), reply)
  }
  return async (request, reply) => {
    const plain = request.method === 'POST' ? plainOf(request) : null
    if (!plain) return unusual(request, reply)
    return send(reply, await answering.write(plain.asked, contextOf(request)), plain.type)
  }
}

function send(reply: FastifyReply, { status, body }: Written, type = 'application/json; charset=utf-8') {
  reply.code(status).header('content-type', type)
  return body
}
