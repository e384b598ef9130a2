import type { FastifyRequest } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'
import { forbidden, NexusError, unauthenticated } from '#kit/errors.ts'
import { anonymous, type Viewer } from '#kit/viewer.ts'
import type { Access, Entered } from '../access.ts'
import '../context.ts'
import { sessionOf } from '../session.ts'

/** Who is asking comes from a token, in a header or in a browser's cookie; `X-Tenant-ID` may only repeat it. */
export const viewer = fastifyPlugin<{ access: Access }>(async (app, { access }) => {
  app.decorateRequest('viewer', null as never)
  app.decorateRequest('until', null)
  app.addHook('onRequest', async (request) => {
    const { viewer, until } = await viewerOf(access, request)
    request.viewer = viewer
    request.until = until
  })
})

/** The token of `Authorization: Bearer`, or null where there is none. */
export const bearerOf = (authorization: string): string | null =>
  /^Bearer +([^ ]+) *$/i.exec(authorization)?.[1] ?? null

type Asking = { viewer: Viewer; until: Date | null }

async function viewerOf(access: Access, request: FastifyRequest): Promise<Asking> {
  const { member, until } = (await enteredBy(access, request)) ?? {}
  if (!member) return { viewer: anonymous, until: null }
  const tenant = request.headers['x-tenant-id']
  if (tenant !== undefined && String(tenant).toLowerCase() !== member.organizationId.toLowerCase())
    throw forbidden('X-Tenant-ID names another organization than the token')
  return { viewer: member, until: until ?? null }
}

async function enteredBy(access: Access, { headers, routeOptions }: FastifyRequest): Promise<Entered | null> {
  const isOpen = routeOptions.config.open === true
  if (headers.authorization !== undefined) {
    const token = bearerOf(headers.authorization)
    if (token) return access.enter(token).catch((error) => (isOpen ? nobody(error) : Promise.reject(error)))
    if (isOpen) return null
    throw unauthenticated('Send the access token as `Authorization: Bearer`')
  }
  const token = sessionOf(headers)
  // Nobody means to send a cookie: one that has ended is as good as none.
  return token ? access.enter(token).catch(nobody) : null
}

function nobody(error: unknown): null {
  if (error instanceof NexusError && error.code === 'UNAUTHENTICATED') return null
  throw error
}
