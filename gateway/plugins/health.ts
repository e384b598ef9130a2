import type { FastifyPluginAsync } from 'fastify'
import type { Log } from '#kit/log.ts'

/** What the platform needs, and `ok` or what is wrong with it; the reason goes into the log only. */
export type Ready = () => Promise<Record<string, 'ok' | string>>

/** `/health/live`: the process answers. `/health/ready`: so does all that it needs. */
export const health: FastifyPluginAsync<{ ready: Ready; log: Log }> = async (app, { ready, log }) => {
  app.get('/health/live', async () => ({ status: 'live' }))
  app.get('/health/ready', async (request, reply) => {
    const found = await ready().catch((error: unknown) => ({ ready: String(error) }))
    const failing = Object.entries(found).filter(([, state]) => state !== 'ok')
    if (failing.length > 0)
      log.warn({ requestId: request.id, failing: Object.fromEntries(failing) }, 'not ready')
    const states = Object.entries(found).map(([name, state]) => [name, state === 'ok' ? 'ok' : 'failing'])
    return reply
      .code(failing.length > 0 ? 503 : 200)
      .send({ status: failing.length > 0 ? 'unready' : 'ready', checks: Object.fromEntries(states) })
  })
}
