import type { FastifyRequest } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'

// A page sets a policy of its own over the first of these; nothing else needs one.
const always = {
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
}
const overTls = { ...always, 'strict-transport-security': 'max-age=31536000; includeSubDomains' }

/** What every answer says, also to what fails before a route is found. */
export const headersFor = ({ protocol }: Pick<FastifyRequest, 'protocol'>): Record<string, string> =>
  protocol === 'https' ? overTls : always

/** Nothing that the API answers is to be framed, sniffed, kept, or read by pages of other hosts. */
export const securityHeaders = fastifyPlugin(async (app) => {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headersFor(request))
    done()
  })
})
