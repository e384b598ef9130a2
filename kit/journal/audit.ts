import { sql, type Transaction } from 'kysely'
import { openDatabase } from '../database.ts'
import type { PersonalValues } from '../journal.ts'
import type { Log } from '../log.ts'
import type { Keys } from '../tokens.ts'
import type { Chained, Link } from './chain.ts'
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
type Read = Link & { entry: Chained | null; kept: PersonalValues[] | null }

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
  // Names of columns are given here: renaming them costs as much as the hashing.
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
        const anchors = await anchorsOf(trx)
        const organizations = new Set([...ofOrganization.keys(), ...(await chained(trx))])
        let rows = 0
        for (const organization of organizations) {
          const anchor = anchors.get(organization) ?? null
          // An unknown key of an anchor would let anybody cut a chain.
          if (anchor && isSigned(keys, anchor) !== true) signature(organization, anchor.sequence)
          const checkpoints = (ofOrganization.get(organization) ?? []).filter(
            ({ sequence }) => sequence > (anchor?.sequence ?? 0),
          )
          const walk = chainWalk(organization, anchor, checkpoints)
          for await (const { entry, kept, ...link } of rowsOf(trx, organization)) {
            rows += 1
            walk.step({ link, entry })
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

type Trx = Transaction<never>

async function anchorsOf(trx: Trx): Promise<Map<string, Checkpoint>> {
  const { rows } = await sql<Omit<Checkpoint, 'kind'>>`
    select distinct on (organization_id) organization_id as organization, sequence, hash, at, key, signature
    from journal.anchors order by organization_id, sequence desc`.execute(trx)
  return new Map(rows.map((row) => [row.organization, { kind: 'anchor', ...row }]))
}

const chained = async (trx: Trx): Promise<string[]> => {
  const query = sql<{ id: string }>`select distinct organization_id as id from journal.chain`
  return (await query.execute(trx)).rows.map(({ id }) => id)
}

async function* rowsOf(trx: Trx, organization: string): AsyncGenerator<Read> {
  let last = Number.MIN_SAFE_INTEGER
  for (;;) {
    const { rows } = await sql<Flat>`
      select l.sequence, l.entry_id as "entryId", l.previous, l.hash, e.id, e.organization_id as "organizationId", e.at,
        e.actor_kind as "actorKind", e.actor_id as "actorId", e.api_key_id as "apiKeyId", e.service,
        e.request_id as "requestId", e.operation, e.subgraph, e.outcome, e.code, e.subject_type as "subjectType",
        e.subject_id as "subjectId", e.changes, e.personal
      from (select * from journal.chain where organization_id = ${organization} and sequence > ${last}
        order by sequence limit ${batch}) l
      left join journal.entries e on e.organization_id = l.organization_id and e.id = l.entry_id
      order by l.sequence`.execute(trx)
    const kept = await keptOf(trx, organization, rows)
    for (const row of rows) yield readable(row, kept)
    if (rows.length < batch) return
    last = rows.at(-1)!.sequence
  }
}

type Kept = Map<string, PersonalValues[]>

async function keptOf(trx: Trx, organization: string, of: readonly Flat[]): Promise<Kept> {
  const ids = of
    .filter(({ personal }) => personal && Object.keys(personal).length > 0)
    .map(({ entryId }) => entryId)
  const { rows } = await sql<PersonalValues & { entryId: string }>`
    select entry_id as "entryId", person, salt, contents from journal.personal
    where organization_id = ${organization} and entry_id = any(${ids}::uuid[])`.execute(trx)
  return Map.groupBy(rows, ({ entryId }) => entryId)
}

type Flat = Link & Omit<Chained, 'id'> & { id: string | null }

const readable = ({ sequence, entryId, previous, hash, ...entry }: Flat, kept: Kept): Read => ({
  ...{ sequence, entryId, previous, hash, kept: kept.get(entryId) ?? null },
  entry: entry.id === null ? null : (entry as Chained),
})

async function unchained(trx: Trx): Promise<Problem[]> {
  const { rows } = await sql<{ organization: string; entry: string }>`
    select e.organization_id as organization, e.id as entry from journal.entries e
    where not exists (select from journal.chain l
      where l.organization_id = e.organization_id and l.entry_id = e.id)
      and e.at < now() - make_interval(secs => ${patienceSeconds})
    order by e.at limit 1000`.execute(trx)
  return rows.map(({ organization, entry }) => ({ organization, kind: 'unchained', sequence: null, entry }))
}
