import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Drawn, drawAttacks } from './attacks.ts'
import { attackCaches } from './caches.ts'
import { attackExports, attackUploads } from './files.ts'
import { attackMutations, attackQueries, checksums, openGraph } from './graph.ts'
import { attackJobs } from './jobs.ts'
import { attackKeys, type Watch, watchMemory, watchRedis } from './keys.ts'
import { complete, createLedger, type Ledger } from './ledger.ts'
import { attackLive } from './live.ts'
import { attackMutants, type Missing, partsLacking, type Tested } from './mutants.ts'
import { attackRoutes } from './routes.ts'
import { openScratch, readSchema, type Scratch, type ScratchOptions } from './scratch.ts'
import { attackFunctions, attackTables } from './tables.ts'

const longestWaitMs = 10_000
const mostSeeds = 2 ** 31

export type Wanted = Pick<ScratchOptions, 'redis' | 'sample'> & {
  /** Attacks that are drawn by lot, beside all others. */
  drawn?: number
  seed?: number
  /** Takes walls away afterwards, one after the other, and sees whether each is missed. */
  selfTest?: boolean
}
export type Verified = {
  ledger: Ledger
  seconds: number
  store: 'redis' | 'memory'
  sample: boolean
  drawn: (Drawn & { seed: number }) | null
  mutants: Tested[] | null
}

/** Waits until what was planted in the victim's journal is in its chain: the relay puts it there, a little later. */
async function chained({ query, victim }: Scratch): Promise<void> {
  for (const from = Date.now(); Date.now() - from < longestWaitMs; await pause(50)) {
    const [open] = await query(
      `select 1 from journal.entries e where organization_id = $1
        and not exists (select 1 from journal.chain c where c.organization_id = $1 and c.entry_id = e.id) limit 1`,
      [victim.id],
    )
    if (!open) return
  }
  throw new Error('The journal is not chained')
}

/** Everything, one kind after the other. While the first of them run, the victim does nothing: its rows stay as they are. */
export async function attackAll(scratch: Scratch, watch: Watch, ledger: Ledger): Promise<void> {
  const schema = readSchema()
  for (const { table, why } of scratch.unplanted)
    ledger.leak('tables', table, `no row could be planted: ${why}`, [])
  openGraph(schema, ledger)
  await chained(scratch)
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

/** Attacks all that there is, in one house, and then what else is wanted. */
export async function verify({ drawn: count, seed, selfTest, ...options }: Wanted = {}): Promise<Verified> {
  const from = performance.now()
  const missing: Missing = { cacheKey: false, eventFilter: false }
  const parts = selfTest ? partsLacking(missing) : {}
  return inScratch({ ...options, parts }, async (scratch, watch) => {
    const ledger = createLedger()
    await attackAll(scratch, watch, ledger)
    complete(ledger)
    const lots = { seed: seed ?? randomInt(mostSeeds), count: count ?? 0 }
    const drawn = count ? { seed: lots.seed, ...(await drawAttacks(scratch, readSchema(), lots)) } : null
    for (const leak of drawn?.leaks ?? []) ledger.leak('drawn', `seed ${lots.seed}`, leak, [])
    const mutants = selfTest ? await attackMutants(scratch, missing) : null
    const seconds = Math.round((performance.now() - from) / 100) / 10
    return {
      ledger,
      seconds,
      store: scratch.redis ? 'redis' : 'memory',
      sample: options.sample === true,
      drawn,
      mutants,
    }
  })
}
