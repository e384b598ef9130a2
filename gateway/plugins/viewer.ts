import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'
import { forbidden, NexusError, unauthenticated } from '#kit/errors.ts'
import { anonymous } from '#kit/viewer.ts'
import { type Access, type Entered, isKey } from '../access.ts'
import '../context.ts'
import { refreshOf, sessionOf } from '../session.ts'

/**
 * Who is asking comes from a token or a key, in a header, or from a browser's cookie; `X-Tenant-ID` may only repeat
 * it.
 */
export const viewer = fastifyPlugin<{ access: Access }>(async (app, { access }) => {
  app.decorateRequest('viewer', null as never)
  app.decorateRequest('entered', null)
  const enter = async (request: FastifyRequest, reply: FastifyReply) => {
    const entered = await enteredBy(access, request)
    if (entered) agree(request, entered)
    request.viewer = entered?.member ?? anonymous
    request.entered = entered
    // Our page asks for new tokens then, and strangers' pages for nothing.
    if (!entered && refreshOf(request.headers)) reply.header('x-nexus-session', 'renewable')
  }
  app.addHook('onRequest', (request, reply, done) => {
    const { authorization, cookie, 'x-api-key': key } = request.headers
    if (authorization !== undefined || cookie !== undefined || key !== undefined)
      return void enter(request, reply).then(() => done(), done)
    request.viewer = anonymous
    done()
  })
})

/** The token of `Authorization: Bearer`, or null where there is none. */
export const bearerOf = (authorization: string): string | null =>
  /^Bearer +([^ ]+) *$/i.exec(authorization)?.[1] ?? null

function agree({ headers }: FastifyRequest, { member }: Entered): void {
  const tenant = headers['x-tenant-id']
  if (tenant !== undefined && String(tenant).toLowerCase() !== member.organizationId.toLowerCase())
    throw forbidden('X-Tenant-ID names another organization than the token')
}

async function enteredBy(access: Access, request: FastifyRequest): Promise<Entered | null> {
  const { headers, ip } = request
  try {
    const given = givenIn(headers)
    if (given) return await access.enter(given, ip)
  } catch (error) {
    if (!request.routeOptions.config.open) throw error
    return nobody(error)
  }
  const token = sessionOf(headers)
  // Nobody means to send a cookie: one that has ended is as good as none.
  return token ? access.enter(token, ip).catch(nobody) : null
}

/** What somebody sends on purpose. Throws UNAUTHENTICATED for what it cannot be. */
function givenIn({ authorization, 'x-api-key': key }: IncomingHttpHeaders): string | null {
  if (authorization !== undefined) {
    const token = bearerOf(authorization)
    if (token) return token
    throw unauthenticated('Send the access token or the key as `Authorization: Bearer`')
  }
  if (key === undefined) return null
  if (typeof key === 'string' && isKey(key)) return key
  throw unauthenticated('The key is not valid, or no longer')
}

function nobody(error: unknown): null {
  if (error instanceof NexusError && error.code === 'UNAUTHENTICATED') return null
  throw error
}
