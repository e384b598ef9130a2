import type { IncomingHttpHeaders } from 'node:http'
import { fastifyPlugin } from 'fastify-plugin'
import { forbidden, unauthenticated } from '#kit/errors.ts'
import { type Keys, readAccessToken } from '#kit/tokens.ts'
import { anonymous, type Viewer } from '#kit/viewer.ts'
import '../context.ts'
import { sessionOf } from '../session.ts'

/** Who is asking comes from a token, in a header or in a browser's cookie; `X-Tenant-ID` may only repeat it. */
export const viewer = fastifyPlugin<{ keys: Keys }>(async (app, { keys }) => {
  app.decorateRequest('viewer', null as never)
  app.decorateRequest('until', null)
  app.addHook('onRequest', async (request) => {
    const { viewer, until } = await viewerOf(keys, request.headers)
    request.viewer = viewer
    request.until = until
  })
})

/** The token of `Authorization: Bearer`, or null where there is none. */
export const bearerOf = (authorization: string): string | null =>
  /^Bearer +([^ ]+) *$/i.exec(authorization)?.[1] ?? null

type Asking = { viewer: Viewer; until: Date | null }

async function viewerOf(keys: Keys, headers: IncomingHttpHeaders): Promise<Asking> {
  const { member, until } = (await accessOf(keys, headers)) ?? {}
  if (!member) return { viewer: anonymous, until: null }
  const tenant = headers['x-tenant-id']
  if (tenant !== undefined && String(tenant).toLowerCase() !== member.organizationId.toLowerCase())
    throw forbidden('X-Tenant-ID names another organization than the token')
  return { viewer: member, until: until ?? null }
}

async function accessOf(keys: Keys, headers: IncomingHttpHeaders) {
  if (headers.authorization !== undefined) {
    const token = bearerOf(headers.authorization)
    if (!token) throw unauthenticated('Send the access token as `Authorization: Bearer`')
    return readAccessToken(keys, token)
  }
  const token = sessionOf(headers)
  // Nobody means to send a cookie: one that has ended is as good as none.
  return token ? readAccessToken(keys, token).catch(() => null) : null
}
