import { tmpdir } from 'node:os'
import { unauthenticated } from '#kit/errors.ts'
import { keepHeapSmall } from '#kit/heap.ts'
import { createLog } from '#kit/log.ts'
import { createMetrics } from '#kit/metrics.ts'
import { createKeys } from '#kit/tokens.ts'
import { openTracing } from '#kit/tracing.ts'
import type { Transports } from '#kit/transport.ts'
import { createGateway } from '../../../gateway/app.ts'
import type { Start } from '../peer.ts'

/**
 * The gateway as it serves, with all that every request passes; without the REST doors of another graph. A tenth of
 * all operations is traced, and the subgraphs' process is told.
 */
export async function serveOurs({ supergraphSdl, urls }: Start, transports: Transports): Promise<string> {
  keepHeapSmall()
  const log = createLog('gateway', 'silent')
  const receiver = new URL(Object.values(urls)[0]!).origin
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver, OTEL_TRACES_SAMPLER_ARG: 0.1 }
  const app = await createGateway({
    supergraphSdl,
    transports,
    // Nobody signs in here, so that nobody is asked about.
    standing: { session: async (of) => of, key: () => Promise.reject(unauthenticated()) },
    origins: { allows: async () => false },
    keys: createKeys('a secret that only this benchmark knows, long enough'),
    webFolder: tmpdir(),
    rest: null,
    log,
    tracer: await openTracing(traced, 'gateway', log),
    metrics: createMetrics(),
    ready: async () => ({}),
    production: true,
  })
  return `${await app.listen({ host: '127.0.0.1', port: 0 })}/graphql`
}
