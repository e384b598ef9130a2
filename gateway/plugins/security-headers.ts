import { fastifyPlugin } from 'fastify-plugin'

export const headers = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** Nothing that the API answers is to be framed, sniffed or kept. */
export const securityHeaders = fastifyPlugin(async (app) => {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers)
  })
})
