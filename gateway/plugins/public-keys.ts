import type { FastifyPluginAsync } from 'fastify'
import { type Keys, publicKeysOf } from '#kit/tokens.ts'

/** The keys that our access tokens are verified with, where RFC 8414 looks for them: public halves only. */
export const publicKeys: FastifyPluginAsync<{ keys: Keys }> = async (app, { keys }) => {
  const known = publicKeysOf(keys)
  app.get('/.well-known/jwks.json', async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').send(known),
  )
}
