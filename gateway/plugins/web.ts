import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const pageHeaders = {
  'content-security-policy': policy,
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'cache-control': 'no-cache',
}
const year = 'public, max-age=31536000, immutable'
const notBuilt = 'The page of Nexus is not built yet: run `npm run build:web` and start again.\n'

/**
 * The page, at `/`: the files that `npm run build:web` left in `folder`. A browser that asks for a path which
 * is neither a file nor a door of the API gets the page too, which reads the path itself.
 */
export const web: FastifyPluginAsync<{ folder: string }> = async (app, { folder }) => {
  if (!existsSync(join(folder, 'index.html'))) {
    app.get('/', async (_request, reply) => reply.code(503).type('text/plain; charset=utf-8').send(notBuilt))
    return
  }
  await app.register(fastifyStatic, {
    root: folder,
    // One route for each file that is there now, and none for what is not.
    wildcard: false,
    index: false,
    dotfiles: 'ignore',
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      if (path.startsWith(join(folder, 'static'))) reply.header('cache-control', year)
      else reply.headers(pageHeaders)
    },
  })
  app.get('/*', async (request, reply) =>
    isForPage(request) ? reply.sendFile('index.html') : reply.callNotFound(),
  )
}

const doors = /^\/(api|graphql|graphiql|health|metrics|scim|static)(\/|$)/

function isForPage({ url, headers }: FastifyRequest): boolean {
  const path = url.split('?', 1)[0]!
  return (headers.accept ?? '').includes('text/html') && !doors.test(path)
}
