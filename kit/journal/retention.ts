import { sql } from 'kysely'
import { defaultRetentionDays } from '../journal.ts'
import type { Keys } from '../tokens.ts'
import { anchorsOf, batchAfter, chained, type Trx } from './chained.ts'
import { type Checkpoint, signCheckpoint } from './checkpoint.ts'
import { chainWalk } from './verify.ts'

/** As many entries go at once. */
const most = 1_000

/** How old the entries of each organization that has some may become. */
async function retentions(trx: Trx): Promise<{ organization: string; before: Date }[]> {
  const organizations = await chained(trx)
  const { rows } = await sql<{ organization: string; before: Date }>`
    select each.id as organization,
      now() - make_interval(days => coalesce(r.days, ${defaultRetentionDays})) as before
    from unnest(${organizations}::uuid[]) as each(id)
    left join journal.retention r on r.organization_id = each.id`.execute(trx)
  return rows
}

export type Pruned = { organization: string; rows: number; intact: boolean }

/**
 * Takes away the oldest entries of each chain, as far as they are older than their organization wants them, behind an
 * anchor. A chain that is not as it was written keeps them: they are evidence.
 * @param keep puts an anchor where the checkpoints are; before anything is taken away
 */
export async function prune(
  inTransaction: <Result>(work: (trx: Trx) => Promise<Result>) => Promise<Result>,
  keys: Keys,
  keep: (anchor: Checkpoint) => void,
): Promise<Pruned[]> {
  await inTransaction((trx) => renew(trx, keys, keep))
  const done: Pruned[] = []
  for (const { organization, before } of await inTransaction(retentions)) {
    let pruned: Pruned
    do {
      pruned = await inTransaction((trx) => pruneNext(trx, organization, before, keys, keep))
      if (pruned.rows > 0 || !pruned.intact) done.push(pruned)
    } while (pruned.rows === most)
  }
  return done
}

async function pruneNext(
  trx: Trx,
  organization: string,
  before: Date,
  keys: Keys,
  keep: (anchor: Checkpoint) => void,
): Promise<Pruned> {
  await enterTenant(trx, organization)
  const { anchor: from = null, isTrusted = true } =
    (await anchorsOf(trx, keys, organization)).get(organization) ?? {}
  const walk = chainWalk(organization, from, [])
  const oldest = await batchAfter(trx, organization, Number.MIN_SAFE_INTEGER, most)
  const young = oldest.findIndex(({ entry }) => entry && entry.at >= before)
  const going = young < 0 ? oldest : oldest.slice(0, young)
  for (const row of going) walk.step(row)
  const intact = walk.problems.length === 0 && isTrusted
  const last = going.at(-1)?.link
  if (!last || !intact) return { organization, rows: 0, intact }
  const { sequence, hash } = last
  await anchorAt(trx, keys, keep, { organization, sequence, hash })
  await sql`select journal.prune(${organization}, ${sequence})`.execute(trx)
  return { organization, rows: going.length, intact }
}

const enterTenant = (trx: Trx, organization: string) =>
  sql`select set_config('nexus.organization', ${organization}, true)`.execute(trx)

async function anchorAt(
  trx: Trx,
  keys: Keys,
  keep: (anchor: Checkpoint) => void,
  place: Pick<Checkpoint, 'organization' | 'sequence' | 'hash'>,
): Promise<void> {
  const anchor = signCheckpoint(keys, { kind: 'anchor', ...place, at: new Date().toISOString() })
  const { organization, sequence, hash, at, key, signature } = anchor
  await sql`
    insert into journal.anchors (organization_id, sequence, hash, at, key, signature)
    values (${organization}, ${sequence}, ${hash}, ${at}, ${key}, ${signature})`.execute(trx)
  keep(anchor)
}

/** Signs again what the previous secret signed: when that is gone, nobody could say whose anchor it was. */
async function renew(trx: Trx, keys: Keys, keep: (anchor: Checkpoint) => void): Promise<void> {
  for (const { anchor, isTrusted } of (await anchorsOf(trx, keys)).values()) {
    if (!isTrusted || anchor.key === keys.journal.id) continue
    const { organization, sequence, hash } = anchor
    await enterTenant(trx, organization)
    await anchorAt(trx, keys, keep, { organization, sequence, hash })
  }
}
