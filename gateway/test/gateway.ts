import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { createBlobs } from '#kit/blob.ts'
import { unauthenticated } from '#kit/errors.ts'
import { newId } from '#kit/id.ts'
import { createLog } from '#kit/log.ts'
import { createMetrics } from '#kit/metrics.ts'
import { createKeys, signAccessToken } from '#kit/tokens.ts'
import { type Member, permissionsOf, type Role } from '#kit/viewer.ts'
import { createGateway, type GatewayOptions } from '../app.ts'
import { inThread } from '../federation/planner/in-thread.ts'
import type { Doors } from '../plugins/rest.ts'
import { toyHouse } from './toy-house.ts'
import { toyRoutes } from './toy-routes.ts'

export const keys = createKeys('a secret that only these tests know, long enough')
export const member = (role: Role = 'admin'): Member => ({
  kind: 'member',
  accountId: newId(),
  userId: newId(),
  organizationId: newId(),
  role,
  permissions: permissionsOf[role],
  sessionId: newId(),
})
export const bearer = async (of: Member) => ({ authorization: `Bearer ${await signAccessToken(keys, of)}` })

/** The gateway over the toy house, gone when the test ends. */
export async function openGateway(
  t: TestContext,
  { transports, routes = toyRoutes, ...options }: Partial<GatewayOptions> & Pick<Doors, 'routes'> = {},
) {
  const house = toyHouse()
  const blobDir = await mkdtemp(join(tmpdir(), 'nexus-blobs-'))
  let opened: FastifyInstance | undefined
  // Also where no gateway comes of it.
  t.after(async () => {
    await opened?.close()
    await rm(blobDir, { recursive: true })
  })
  const app = await createGateway({
    supergraphSdl: house.supergraphSdl,
    transports: { ...house.transports, ...transports },
    keys,
    rest: {
      routes,
      uploads: { blobsOf: () => createBlobs(blobDir), importMaxBytes: 1_000_000 },
      reports: createBlobs(blobDir),
    },
    log: createLog('gateway', 'silent'),
    metrics: createMetrics(),
    ready: async () => ({ database: 'ok' }),
    webFolder: join(blobDir, 'no-page'),
    production: true,
    planning: inThread,
    // Sessions are identity's, and the toy has none.
    standing: { session: async (of) => of, key: () => Promise.reject(unauthenticated()) },
    // So is whose pages may come.
    origins: { allows: async () => false },
    ...options,
  })
  opened = app
  const graphql = async (query: string, variables?: object, headers?: Record<string, string>) => {
    const reply = await app.inject({
      method: 'POST',
      url: '/graphql',
      headers: headers ?? {},
      payload: { query, variables },
    })
    return { status: reply.statusCode, reply, ...reply.json<GraphqlAnswer>() }
  }
  return { app, house, blobDir, graphql }
}

export type GraphqlAnswer = {
  /** Parsed JSON of whatever shape the question has. */
  data?: ReturnType<typeof JSON.parse>
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[]
  extensions?: { queryPlan?: string }
}
