import { setTimeout as pause } from 'node:timers/promises'
import { type Kysely, sql, type Transaction } from 'kysely'
import { openDatabase, roleOf, urlAs } from '../database.ts'
import type { Log } from '../log.ts'
import type { Keys } from '../tokens.ts'
import { type Chained, type Link, link, origin } from './chain.ts'
import { keepCheckpoints, signCheckpoint } from './checkpoint.ts'

export type Relay = {
  /** Takes up what was committed until now, and signs where the chains stand. */
  catchUp(): Promise<void>
  close(): Promise<void>
}

const batch = 500
const every = { lookMs: 1_000, signMs: 60_000, signRows: 1_000 }

/** The database as the role that reads the journal of every tenant. */
export function relayUrl(databaseUrl: string, keys: Pick<Keys, 'passwordOf'>): string {
  const role = roleOf(databaseUrl, 'journal')
  return urlAs(databaseUrl, role, keys.passwordOf(role))
}

type Head = { sequence: number; hash: string }
type Found = Chained & { transaction: string; isOurs: boolean }

/**
 * The one that puts committed entries in order: of several relays one is at work, and another goes on when it ends.
 * A checkpoint of each chain that grew is signed every minute, or after 1,000 rows, and kept in `folder`.
 * @param databaseUrl the database; the relay enters it as a role of its own
 */
export function openRelay(options: { databaseUrl: string; keys: Keys; folder: string; log: Log }): Relay {
  const { databaseUrl, keys, folder, log } = options
  const url = relayUrl(databaseUrl, keys)
  const db = openDatabase<never>({ url, schema: 'journal', log, connections: 1, name: 'relay' })
  const stopping = new AbortController()
  const unsigned = new Map<string, Head>()
  let rowsUnsigned = 0
  let signedAt = Date.now()

  const step = async (): Promise<number> => {
    const grown = await db.transaction().execute(chainNext)
    for (const [organization, { head, rows }] of grown) {
      unsigned.set(organization, head)
      rowsUnsigned += rows
    }
    return [...grown.values()].reduce((sum, { rows }) => sum + rows, 0)
  }
  const signIt = () => {
    const at = new Date().toISOString()
    const signed = [...unsigned].map(([organization, head]) =>
      signCheckpoint(keys, { kind: 'checkpoint', organization, ...head, at }),
    )
    keepCheckpoints(folder, signed)
    for (const checkpoint of signed) log.info({ checkpoint }, 'a checkpoint of the journal')
    unsigned.clear()
    rowsUnsigned = 0
    signedAt = Date.now()
  }
  let turn: Promise<unknown> = Promise.resolve()
  /** One after the other: the loop, and who asks from outside. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const next = turn.then(work, work)
    turn = next.catch(() => {})
    return next
  }
  const look = async () => {
    let rows = batch
    while (rows >= batch && !stopping.signal.aborted) rows = await step()
    if (rowsUnsigned >= every.signRows || Date.now() - signedAt >= every.signMs) signIt()
  }
  const run = async () => {
    while (!stopping.signal.aborted) {
      await inTurn(look).catch((error: unknown) => log.warn({ err: error }, 'the journal’s relay is held up'))
      await pause(every.lookMs, null, { signal: stopping.signal }).catch(() => {})
    }
  }
  const running = run()
  const catchUp = () =>
    inTurn(async () => {
      while ((await step()) > 0);
      signIt()
    })
  return {
    catchUp,
    async close() {
      stopping.abort()
      await running
      try {
        signIt()
      } catch (error) {
        log.error({ err: error }, 'the last checkpoint could not be kept')
      }
      await db.destroy()
    },
  }
}

type Grown = Map<string, { head: Head; rows: number }>

/**
 * Chains the next entries that no running transaction can still precede. None while another relay is at work. Numbers
 * of transactions that have not been given out yet came here with a restored dump.
 */
async function chainNext(trx: Transaction<never>): Promise<Grown> {
  const mine = await sql<{ mine: boolean }>`
    select pg_try_advisory_xact_lock(hashtext('nexus-journal-relay')) as mine`.execute(trx)
  if (!mine.rows[0]!.mine) return new Map()
  const { rows } = await sql<Found>`
    with now as (
      select pg_snapshot_xmin(pg_current_snapshot()) as oldest, pg_snapshot_xmax(pg_current_snapshot()) as next
    )
    select e.*, e.transaction < now.oldest as "isOurs" from journal.entries e, journal.cursor c, now
    where (e.transaction, e.id) > (case when c.transaction < now.next then c.transaction else '0' end, c.entry_id)
      and (e.transaction < now.oldest or e.transaction >= now.next)
      and not exists (select from journal.chain l
        where l.organization_id = e.organization_id and l.entry_id = e.id)
    order by e.transaction, e.id limit ${batch}`.execute(trx)
  if (rows.length === 0) return new Map()
  const grown: Grown = new Map()
  for (const [organizationId, entries] of Map.groupBy(rows, (row) => row.organizationId)) {
    await sql`select set_config('nexus.organization', ${organizationId}, true)`.execute(trx)
    const head = await headOf(trx, organizationId)
    const links = link(head, entries)
    await insert(trx, organizationId, links)
    const { sequence, hash } = links.at(-1)!
    grown.set(organizationId, { head: { sequence, hash }, rows: links.length })
  }
  const last = rows.findLast(({ isOurs }) => isOurs)
  if (last)
    await sql`update journal.cursor set transaction = ${last.transaction}::xid8, entry_id = ${last.id}`.execute(
      trx,
    )
  return grown
}

async function headOf(trx: Kysely<never>, organizationId: string): Promise<Head> {
  const { rows } = await sql<Head>`
    select sequence, hash from journal.chain where organization_id = ${organizationId}
    order by sequence desc limit 1`.execute(trx)
  if (rows[0]) return rows[0]
  const anchors = await sql<Head>`
    select sequence, hash from journal.anchors where organization_id = ${organizationId}
    order by sequence desc limit 1`.execute(trx)
  return anchors.rows[0] ?? { sequence: 0, hash: origin }
}

async function insert(trx: Kysely<never>, organizationId: string, links: readonly Link[]): Promise<void> {
  await sql`
    insert into journal.chain (organization_id, sequence, entry_id, previous, hash)
    select ${organizationId}, l.sequence, l."entryId", l.previous, l.hash
    from jsonb_to_recordset(${JSON.stringify(links)}::jsonb)
      as l(sequence bigint, "entryId" uuid, previous text, hash text)`.execute(trx)
}
