import type { IncomingHttpHeaders } from 'node:http'
import { fastifyPlugin } from 'fastify-plugin'
import { forbidden, unauthenticated } from '#kit/errors.ts'
import { type Keys, readAccessToken } from '#kit/tokens.ts'
import { anonymous, type Viewer } from '#kit/viewer.ts'
import '../context.ts'

/** Who is asking comes from the token alone; `X-Tenant-ID` may only repeat it. */
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

async function viewerOf(
  keys: Keys,
  headers: IncomingHttpHeaders,
): Promise<{ viewer: Viewer; until: Date | null }> {
  if (headers.authorization === undefined) return { viewer: anonymous, until: null }
  const token = bearerOf(headers.authorization)
  if (!token) throw unauthenticated('Send the access token as `Authorization: Bearer`')
  const { member, until } = await readAccessToken(keys, token)
  const tenant = headers['x-tenant-id']
  if (tenant !== undefined && String(tenant).toLowerCase() !== member.organizationId.toLowerCase())
    throw forbidden('X-Tenant-ID names another organization than the token')
  return { viewer: member, until }
}
