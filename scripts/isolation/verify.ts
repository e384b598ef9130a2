import { readFileSync } from 'node:fs'
import { buildSchema } from 'graphql'
import { root } from '#kit/register.ts'
import { attackCaches } from './caches.ts'
import { attackExports, attackUploads } from './files.ts'
import { attackMutations, attackQueries, checksums, openGraph } from './graph.ts'
import { attackJobs } from './jobs.ts'
import { attackKeys, type Watch, watchMemory, watchRedis } from './keys.ts'
import { complete, createLedger, type Ledger } from './ledger.ts'
import { attackLive } from './live.ts'
import { attackRoutes } from './routes.ts'
import { openScratch, type Scratch, type ScratchOptions } from './scratch.ts'
import { attackFunctions, attackTables } from './tables.ts'

export type Verified = { ledger: Ledger; seconds: number; store: 'redis' | 'memory' }

export const readSchema = () => buildSchema(readFileSync(`${root}schema/api.graphql`, 'utf8'))

/** Everything, one kind after the other. While the first of them run, the victim does nothing: its rows stay as they are. */
export async function attackAll(scratch: Scratch, watch: Watch, ledger: Ledger): Promise<void> {
  const schema = readSchema()
  for (const { table, why } of scratch.unplanted)
    ledger.leak('tables', table, `no row could be planted: ${why}`, [])
  openGraph(schema, ledger)
  const before = await checksums(scratch)
  const unchanged = async (by: string) => {
    for (const [table, sum] of await checksums(scratch))
      if (sum !== before.get(table)) ledger.leak('tables', table, `after ${by}`, ['its rows have changed'])
  }
  await attackTables(scratch, ledger)
  await attackFunctions(scratch, ledger)
  await attackQueries(scratch, schema, ledger)
  await attackRoutes(scratch, schema, ledger)
  await attackMutations(scratch, schema, ledger)
  await attackCaches(scratch, ledger)
  await attackJobs(scratch, ledger)
  await unchanged('attacks')
  await attackExports(scratch, schema, ledger)
  await attackUploads(scratch, schema, ledger)
  await attackLive(scratch, schema, ledger)
  await attackKeys(scratch, watch, ledger)
}

/** Opens a scratch house, does what is asked of it, and removes it. */
export async function inScratch<Result>(
  options: ScratchOptions,
  work: (scratch: Scratch, watch: Watch) => Promise<Result>,
): Promise<Result> {
  const memory = watchMemory()
  const scratch = await openScratch(options)
  try {
    const watch = scratch.redis ? await watchRedis(scratch.redis.url) : memory
    return await work(scratch, watch).finally(() => watch.stop())
  } finally {
    memory.stop()
    await scratch.close()
  }
}

export async function verify(options: ScratchOptions = {}): Promise<Verified> {
  const from = performance.now()
  return inScratch(options, async (scratch, watch) => {
    const ledger = createLedger()
    await attackAll(scratch, watch, ledger)
    complete(ledger)
    const seconds = Math.round((performance.now() - from) / 100) / 10
    return { ledger, seconds, store: scratch.redis ? 'redis' : 'memory' }
  })
}
