import type { IncomingHttpHeaders } from 'node:http'
import { fastifyPlugin } from 'fastify-plugin'
import { forbidden, unauthenticated } from '#kit/errors.ts'
import { type Keys, verifyAccessToken } from '#kit/tokens.ts'
import { anonymous, type Viewer } from '#kit/viewer.ts'
import '../context.ts'

/** Who is asking comes from the token alone; `X-Tenant-ID` may only repeat it. */
export const viewer = fastifyPlugin<{ keys: Keys }>(async (app, { keys }) => {
  app.decorateRequest('viewer', null as never)
  app.addHook('onRequest', async (request) => {
    request.viewer = await viewerOf(keys, request.headers)
  })
})

async function viewerOf(keys: Keys, headers: IncomingHttpHeaders): Promise<Viewer> {
  if (headers.authorization === undefined) return anonymous
  const [, token] = /^Bearer +([^ ]+) *$/i.exec(headers.authorization) ?? []
  if (!token) throw unauthenticated('Send the access token as `Authorization: Bearer`')
  const member = await verifyAccessToken(keys, token)
  const tenant = headers['x-tenant-id']
  if (tenant !== undefined && String(tenant).toLowerCase() !== member.organizationId.toLowerCase())
    throw forbidden('X-Tenant-ID names another organization than the token')
  return member
}
