import { sql } from 'kysely'
import { openDatabase } from '../database.ts'
import type { Log } from '../log.ts'
import type { Keys } from '../tokens.ts'
import { anchorsOf, batchesOf, chained, type Trx } from './chained.ts'
import { type Checkpoint, isSigned, readCheckpoints } from './checkpoint.ts'
import { relayUrl } from './relay.ts'
import { chainWalk, type Problem, personalProblem } from './verify.ts'

export type Verdict = {
  organizations: number
  rows: number
  /** Checkpoints that were compared, and those whose key this secret does not know. */
  checkpoints: number
  unknown: number
  seconds: number
  problems: Problem[]
}

const batch = 5_000
/** What is not chained by then was passed over. */
const patienceSeconds = 300

type Options = { databaseUrl: string; keys: Keys; log: Log; checkpoints: readonly string[] }

/** Reads all chains as they are at one moment, and says what was done to them. */
export async function verifyJournal({
  databaseUrl,
  keys,
  log,
  checkpoints: paths,
}: Options): Promise<Verdict> {
  const started = performance.now()
  const problems: Problem[] = []
  const read = paths.map(readCheckpoints)
  const signature = (organization: string, sequence: number | null) =>
    problems.push({ organization, kind: 'signature', sequence, entry: null })
  for (const { broken } of read) for (let each = 0; each < broken; each += 1) signature('', null)
  const known: Checkpoint[] = []
  let unknown = 0
  const trusted = (each: Checkpoint): boolean => {
    const right = isSigned(keys, each)
    if (right === null) unknown += 1
    if (right === false) signature(each.organization, each.sequence)
    return right === true
  }
  for (const { checkpoints } of read) known.push(...checkpoints.filter(trusted))
  const ofOrganization = Map.groupBy(known, ({ organization }) => organization)
  const opened = openDatabase<never>({
    url: relayUrl(databaseUrl, keys),
    schema: 'journal',
    log,
    connections: 1,
  })
  const db = opened.withoutPlugins()
  try {
    return await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (trx) => {
        await sql`set local statement_timeout = '60s'`.execute(trx)
        const anchors = await anchorsOf(trx, keys)
        const organizations = new Set([...ofOrganization.keys(), ...anchors.keys(), ...(await chained(trx))])
        let rows = 0
        for (const organization of organizations) {
          const { anchor = null, isTrusted = true } = anchors.get(organization) ?? {}
          // An unknown key of an anchor would let anybody cut a chain.
          if (anchor && !isTrusted) signature(organization, anchor.sequence)
          const checkpoints = (ofOrganization.get(organization) ?? []).filter(
            ({ sequence }) => sequence >= (anchor?.sequence ?? 0),
          )
          const walk = chainWalk(organization, anchor, checkpoints)
          for await (const read of batchesOf(trx, organization, batch))
            for (const row of read) {
              rows += 1
              walk.step(row)
              const { link, entry, kept } = row
              if (entry && kept && personalProblem(entry, kept))
                problems.push({ organization, kind: 'personal', sequence: link.sequence, entry: entry.id })
            }
          problems.push(...walk.end())
        }
        problems.push(...(await unchained(trx)))
        const seconds = (performance.now() - started) / 1_000
        return {
          organizations: organizations.size,
          rows,
          checkpoints: known.length,
          unknown,
          seconds,
          problems,
        }
      })
  } finally {
    await opened.destroy()
  }
}

async function unchained(trx: Trx): Promise<Problem[]> {
  const { rows } = await sql<{ organization: string; entry: string }>`
    select e.organization_id as organization, e.id as entry from journal.entries e
    where not exists (select from journal.chain l
      where l.organization_id = e.organization_id and l.entry_id = e.id)
      and e.at < now() - make_interval(secs => ${patienceSeconds})
    order by e.at limit 1000`.execute(trx)
  return rows.map(({ organization, entry }) => ({ organization, kind: 'unchained', sequence: null, entry }))
}
