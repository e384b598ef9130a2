/** The gateway as it serves in production, in a process of its own, over subgraphs that know nothing. */
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { unauthenticated } from '#kit/errors.ts'
import { createLog } from '#kit/log.ts'
import { createMetrics } from '#kit/metrics.ts'
import { readRegister, root } from '#kit/register.ts'
import { createKeys } from '#kit/tokens.ts'
import { createGateway } from '../../app.ts'
import { secret, type Used } from './process.ts'

let calls = 0
const transport = async () => {
  calls++
  return { data: {} }
}
const app = await createGateway({
  supergraphSdl: readFileSync(`${root}schema/supergraph.graphql`, 'utf8'),
  transports: Object.fromEntries(readRegister({}).map(({ name }) => [name, transport])),
  standing: { session: async (of) => of, key: () => Promise.reject(unauthenticated()) },
  origins: { allows: async () => false },
  keys: createKeys(secret),
  webFolder: tmpdir(),
  rest: null,
  log: createLog('gateway', 'silent'),
  metrics: createMetrics(),
  ready: async () => ({}),
  production: true,
})
process.send!({ url: `${await app.listen({ host: '127.0.0.1', port: 0 })}/graphql` })
process.on('message', (asked) => {
  // What is charged to a question is its own garbage, not that of those before it.
  if (asked === 'settled') globalThis.gc?.({ type: 'minor' })
  const { user, system } = process.cpuUsage()
  process.send!({ cpuMs: (user + system) / 1_000, calls } satisfies Used)
})
process.on('disconnect', () => process.exit())
