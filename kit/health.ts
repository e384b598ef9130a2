import type { Http } from './http.ts'

/**
 * `/health/live`: the process answers. `/health/ready`: so does what it needs.
 * @param check throws when it does not
 */
export function health(app: Http, check: () => Promise<void>): void {
  app.get('/health/live', async () => ({ status: 'live' }))
  app.get('/health/ready', async (_request, reply) => {
    const ready = await check().then(
      () => true,
      () => false,
    )
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'unavailable' })
  })
}
