import { once } from 'node:events'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { createHandler } from 'graphql-sse'
import { NexusError, unauthenticated } from '#kit/errors.ts'
import type { Log } from '#kit/log.ts'
import { isStream } from '#kit/stream.ts'
import type { Access } from '../access.ts'
import { contextOf } from '../context.ts'
import { refuseGraphql, thrown } from '../errors.ts'
import { isNamed } from '../federation/persisted.ts'
import { namedIn } from '../named.ts'
import type { Asked } from '../operations.ts'
import type { Answers, Live } from './live.ts'

/** One open event stream: `written` resolves when what was handed over has left, `end` closes it. */
type Opened = { pace: Pace; end: AbortController }
type Pace = { written(): Promise<void>; wrote(): void }

type Options = { live: Live; access: Access; log: Log }

/**
 * Server-sent events, at `/graphql/stream`: each operation has a stream of its own, which ends with its token or
 * its session.
 */
export const stream: FastifyPluginAsync<Options> = async (app, { live, access, log }) => {
  const opened = new Set<AbortController>()
  app.addHook('preClose', async () => {
    for (const end of opened) end.abort()
  })
  app.setErrorHandler((error, request, reply) => refuseGraphql(reply, thrown(error, log, request.id)))

  const handle = createHandler<FastifyRequest, Opened>({
    authenticate: () => null,
    async onSubscribe({ raw, context: { pace, end } }, { operationName, variables }) {
      const asked: Asked = {
        ...namedIn(raw),
        operationName,
        variables: variables as Asked['variables'],
      }
      const found = live.read(asked, contextOf(raw))
      if (raw.method === 'GET' && 'kind' in found && found.kind === 'mutation')
        throw new NexusError('BAD_REQUEST', 'A mutation is asked for by POST')
      const answer = await live.answer(asked, contextOf(raw))
      return paced(isStream(answer) ? (answer as Answers) : single(answer), pace, end.signal) as never
    },
  })

  app.route({
    method: ['GET', 'POST'],
    url: '/graphql/stream',
    handler: async (request, reply) => {
      const { entered } = request
      if (!entered) throw unauthenticated()
      if (!request.headers.accept?.includes('text/event-stream'))
        throw new NexusError('BAD_REQUEST', 'Ask with `Accept: text/event-stream`')
      const end = new AbortController()
      opened.add(end)
      const unwatch = access.watch(entered, (why) => end.abort(why))
      reply.raw.once('close', () => end.abort())
      try {
        const pace = createPace()
        const [body, init] = await handle({
          method: request.method,
          url: isNamed(namedIn(request)) ? withQuery(request.url) : request.url,
          headers: {
            get: (name) => (name === 'accept' ? 'text/event-stream' : (request.headers[name] as string)),
          },
          body: bodyOf(request),
          raw: request,
          context: { pace, end },
        })
        if (body === null || typeof body === 'string')
          throw new NexusError('BAD_REQUEST', 'The request names no operation')
        reply.hijack()
        await write(reply, body, init.headers ?? {}, pace)
      } catch (error) {
        if (!reply.sent) throw error
        log.warn({ requestId: request.id, err: error }, 'a stream broke off')
        reply.raw.destroy()
      } finally {
        unwatch()
        opened.delete(end)
        end.abort()
      }
      return reply
    },
  })
}

// graphql-sse wants a text, where an id may stand for it.
const bodyOf = (request: FastifyRequest) => {
  const body = request.body as Record<string, unknown> | null
  return body && isNamed(body) ? { query: '', ...body } : body
}
const withQuery = (url: string) =>
  /[?&]query=/.test(url) ? url : `${url}${/\?/.test(url) ? '&' : '?'}query=`

// graphql-sse would not know an answer without data for one.
async function* single<Value>(answer: Value): AsyncGenerator<Value, void> {
  yield answer
}

async function write(
  reply: FastifyReply,
  body: AsyncGenerator<string>,
  headers: Record<string, string>,
  pace: Pace,
): Promise<void> {
  const { raw } = reply
  raw.writeHead(200, { ...headers, ...(reply.getHeaders() as Record<string, string>) })
  for await (const text of body) {
    if (raw.destroyed) break
    if (!raw.write(text)) await drained(raw)
    if (text.startsWith('event: next')) pace.wrote()
  }
  raw.end()
}

async function drained(raw: FastifyReply['raw']): Promise<void> {
  const either = new AbortController()
  const { signal } = either
  const events = [once(raw, 'drain', { signal }), once(raw, 'close', { signal })]
  await Promise.race(events).finally(() => either.abort())
}

// graphql-sse takes answers as fast as they come; this lets the next one go when the last one is on its way.
function createPace(): Pace {
  let waiting = Promise.withResolvers<void>()
  return {
    written: () => waiting.promise,
    wrote() {
      waiting.resolve()
      waiting = Promise.withResolvers()
    },
  }
}

/** The answers until the signal aborts; why it does is the last of them, where it has a reason for clients. */
function paced(answers: Answers, pace: Pace, signal: AbortSignal): Answers {
  const aborted = Promise.withResolvers<void>()
  const end = () => {
    aborted.resolve()
    answers.return?.().catch(() => {})
  }
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  let told = false
  const over = { done: true, value: undefined } as const
  let last: Promise<void> | undefined
  return {
    async next() {
      await Promise.race([last, aborted.promise])
      const answer = signal.aborted ? over : await answers.next()
      if (answer.done && !told && signal.reason instanceof NexusError) {
        told = true
        const { message, extensions } = signal.reason
        return { done: false, value: { errors: [{ message, extensions }] } }
      }
      last = pace.written()
      return answer
    },
    async return() {
      await answers.return?.()
      return over
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
