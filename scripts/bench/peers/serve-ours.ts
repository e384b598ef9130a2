import { tmpdir } from 'node:os'
import { unauthenticated } from '#kit/errors.ts'
import { createLog } from '#kit/log.ts'
import { createMetrics } from '#kit/metrics.ts'
import { createKeys } from '#kit/tokens.ts'
import type { Transports } from '#kit/transport.ts'
import { createGateway } from '../../../gateway/app.ts'

/** The gateway as it serves, with all that every request passes; without the REST doors of another graph. */
export async function serveOurs(supergraphSdl: string, transports: Transports): Promise<string> {
  const app = await createGateway({
    supergraphSdl,
    transports,
    // Nobody signs in here, so that nobody is asked about.
    standing: { session: async (of) => of, key: () => Promise.reject(unauthenticated()) },
    origins: { allows: async () => false },
    keys: createKeys('a secret that only this benchmark knows, long enough'),
    webFolder: tmpdir(),
    rest: null,
    log: createLog('gateway', 'silent'),
    metrics: createMetrics(),
    ready: async () => ({}),
    production: true,
  })
  return `${await app.listen({ host: '127.0.0.1', port: 0 })}/graphql`
}
