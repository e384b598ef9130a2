import type { FastifyReply, FastifyRequest } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'
import { anonymous } from '#kit/viewer.ts'
import '../context.ts'
import type { Origins } from '../origins.ts'
import { isForeign } from '../session.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether it is of a page of another host that may read the answer; null where that was not asked. */
    fromAllowedPage: boolean | null
  }
}

const paths = ['/graphql', '/graphql/stream', '/api/v1/*']
const isApi = (url: string): boolean => /^\/(graphql(\/stream)?|api\/v1\/[^?]*)(\?|$)/.test(url)

const methods = 'GET, POST, PUT, DELETE'
const sent = [
  ...['authorization', 'content-type', 'accept', 'x-api-key', 'x-tenant-id', 'x-request-id', 'if-none-match'],
  ...['x-nexus-cost', 'nexus-query-plan', 'apollo-require-preflight', 'traceparent'],
].join(', ')
const exposed =
  'x-request-id, ratelimit, ratelimit-policy, retry-after, etag, content-disposition, repr-digest'
/** How long a browser need not ask again, in seconds; what is answered then is judged anew each time. */
const preflightSeconds = 600

/**
 * Pages of other hosts (CORS): who asks by a token or a key is answered so that the page may read it where their
 * organization allows its origin; before anybody is known, where any organization does. Never with cookies.
 */
export const cors = fastifyPlugin<{ origins: Origins }>(async (app, { origins }) => {
  app.decorateRequest('fromAllowedPage', null)
  for (const url of paths)
    app.options(url, async (request, reply) => {
      const { origin, 'access-control-request-method': asked } = request.headers
      reply.header('vary', 'origin')
      if (!origin || !asked || !(await origins.allows(anonymous, origin))) return reply.callNotFound()
      request.fromAllowedPage = true
      return reply
        .code(204)
        .headers(readBy(origin))
        .headers({
          'access-control-allow-methods': methods,
          'access-control-allow-headers': sent,
          'access-control-max-age': preflightSeconds,
        })
        .send()
    })
  // What failed before somebody was known is judged here.
  app.addHook('onSend', (request, reply, payload, done) => {
    const { origin } = request.headers
    if (origin === undefined || !isApi(request.url) || !isForeign(request.headers)) return done(null, payload)
    // Pages of a neighbouring host could else sign somebody in, or out, in our own pages.
    reply.removeHeader('set-cookie')
    if (request.fromAllowedPage !== null || request.method === 'OPTIONS') return done(null, payload)
    void judge(origins, request, reply, origin).then(() => done(null, payload), done)
  })
})

/** The same for doors behind which it is known who asks: what comes after may read `fromAllowedPage`. */
export const corsOfViewer = fastifyPlugin<{ origins: Origins }>(async (app, { origins }) => {
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    if (origin === undefined || !isApi(request.url) || !isForeign(request.headers)) return done()
    void judge(origins, request, reply, origin).then(() => done(), done)
  })
})

async function judge(origins: Origins, request: FastifyRequest, reply: FastifyReply, origin: string) {
  reply.header('vary', 'origin')
  request.fromAllowedPage = await origins.allows(request.viewer ?? anonymous, origin)
  if (request.fromAllowedPage) reply.headers(readBy(origin))
}

const readBy = (origin: string): Record<string, string> => ({
  'access-control-allow-origin': origin,
  'access-control-expose-headers': exposed,
  'cross-origin-resource-policy': 'cross-origin',
})
