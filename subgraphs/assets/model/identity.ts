import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import {
  type Candidate,
  type Decision,
  decide,
  decideNamed,
  fingerprintText,
  flapping,
  type Identifier,
  isCalled,
  type Known,
  strengthOf,
} from '../rules-identity.ts'
import { normalized } from '../rules-normal.ts'
import { type AssetRow, type AssetType, type IdentifierKind, strengths, type Tables } from '../tables.ts'
import * as doubts from './doubt.ts'

/** An asset as a source reports it. */
export type Reported = {
  name: string
  type: AssetType
  source: string
  /** Whether its name tells it, whatever else is known of it. */
  byName?: boolean
  identifiers: readonly Identifier[]
}
/** The asset that was meant, and others that turned out to be the same one. */
export type Ensured = { asset: AssetRow; rootId: string; merge: string[]; reason: Decision['reason'] }
type Seen = { organizationId: string; source: string; at: Date; identifiers: Identifier[] }
type Stored = Known & { assetId: string; rootId: string; fingerprint: string | null; flappedAt: Date[] }

/** Weak ones may be shared by thousands: no more of them are looked at. */
const mostCandidates = 20

/** What was reported, as it is kept; of who tells nothing that identifies, the name stands for it. */
function identifiersOf({ name, source, byName, identifiers }: Reported): Identifier[] {
  const kept = new Map<string, Identifier>()
  for (const { kind, value } of identifiers) {
    const text = normalized(kind, value)
    if (text === null || kind === 'imported_name') continue
    const each = { kind, value: kind === 'external_id' ? `${source}:${text}`.slice(0, 500) : text }
    kept.set(`${kind} ${each.value}`, each)
  }
  const given = [...kept.values()]
  const tells = given.some(({ kind }) => strengthOf[kind] !== 'weak')
  return tells && !byName ? given : [...given, { kind: 'imported_name', value: name }]
}

const pairs = (of: readonly Identifier[]) =>
  sql`unnest(${of.map(({ kind }) => kind)}::text[], ${of.map(({ value }) => value)}::text[]) as seen (kind, value)`

/** The rows of these identifiers, whichever asset they belong to; merged ones count as what they are merged into. */
async function stored(trx: Trx<Tables>, of: readonly Identifier[]): Promise<Stored[]> {
  const { rows } = await sql<Stored>`
    select i.kind, i.value, i.strength, i.asset_id, i.fingerprint, i.flapped_at,
      coalesce(a.survivor_id, a.id) as root_id
    from ${pairs(of)} cross join lateral (
      select * from asset_identifiers i where i.kind = seen.kind and i.value = seen.value
      order by i.created_at, i.asset_id limit ${mostCandidates}
    ) i join assets a on a.organization_id = i.organization_id and a.id = i.asset_id`.execute(trx)
  return rows
}

/** All that is known of these assets, those that are merged into them included; the oldest first. */
async function candidates(trx: Trx<Tables>, rootIds: readonly string[]): Promise<Candidate[]> {
  if (rootIds.length === 0) return []
  const { rows } = await sql<Known & { assetId: string }>`
    select root.id as asset_id, i.kind, i.value, i.strength from assets root
    join assets member on member.organization_id = root.organization_id
      and (member.id = root.id or member.survivor_id = root.id)
    join asset_identifiers i on i.organization_id = member.organization_id and i.asset_id = member.id
    where root.id = any(${rootIds}::uuid[]) order by root.created_at, root.id`.execute(trx)
  const byAsset = Map.groupBy(rows, ({ assetId }) => assetId)
  return [...byAsset].map(([assetId, identifiers]) => ({ assetId, identifiers }))
}

/**
 * Which of the assets that are one a report means: what hangs on it stays where it was reported before, so that a later
 * report finds it there, whatever is merged and split meanwhile.
 */
function memberOf(rootId: string, known: readonly Stored[]): string {
  const own = known.filter((each) => each.rootId === rootId)
  const strongest = strengths.find((strength) => own.some((each) => each.strength === strength))
  const told = own.filter(({ strength }) => strength === strongest).map(({ assetId }) => assetId)
  return told.includes(rootId) ? rootId : (told.sort()[0] ?? rootId)
}

/** The only asset of a name, for who tells no more than a name. */
async function namesake(trx: Trx<Tables>, { name }: Reported): Promise<string | null> {
  const rows = await trx
    .selectFrom('assets')
    .select('id')
    .where('name', '=', name)
    .where('mergedInto', 'is', null)
    .limit(2)
    .execute()
  return rows.length === 1 ? rows[0]!.id : null
}

/** Whether somebody has said of two assets that they are not one, which no machine undoes. */
async function apartFrom(trx: Trx<Tables>, one: string, others: readonly string[]): Promise<Set<string>> {
  if (others.length === 0) return new Set()
  const rows = await trx
    .selectFrom('assetMerges')
    .select(['mergedId', 'survivorId'])
    .where('splitBy', 'is not', null)
    .where((eb) =>
      eb.or([
        eb('survivorId', '=', one).and('mergedId', 'in', others),
        eb('mergedId', '=', one).and('survivorId', 'in', others),
      ]),
    )
    .execute()
  return new Set(rows.flatMap(({ mergedId, survivorId }) => [mergedId, survivorId]))
}

/** Keeps what was seen of an asset, and by whom. */
async function remember(
  trx: Trx<Tables>,
  assetId: string,
  rootId: string,
  seen: Seen,
  known: readonly Stored[],
): Promise<void> {
  const { organizationId, source, at } = seen
  const text = fingerprintText(seen.identifiers)
  const reported = text === null ? null : createHash('sha256').update(text).digest('hex')
  for (const { kind, value } of seen.identifiers) {
    const rows = known.filter((each) => each.kind === kind && each.value === value)
    const own =
      rows.find((each) => each.assetId === assetId) ??
      rows.find((each) => each.rootId === rootId && each.strength === 'strong')
    // A strong one of another asset stays there: who says that it is this one's is told as a conflict.
    if (!own && rows.some(({ strength }) => strength === 'strong')) continue
    if (!own) {
      const isDemoted = rows.some(({ strength }) => strength !== strengthOf[kind])
      const row = { organizationId, kind, value, assetId, source, fingerprint: reported, createdAt: at }
      const strength = isDemoted ? 'weak' : strengthOf[kind]
      // Of what very many share, not every row was looked at.
      await trx
        .insertInto('assetIdentifiers')
        .values({ ...row, strength, lastSeenAt: at })
        .onConflict((conflict) =>
          conflict.columns(['organizationId', 'kind', 'value', 'assetId']).doUpdateSet({ lastSeenAt: at }),
        )
        .execute()
      continue
    }
    const held = flapping(own, reported, at)
    const demotes = held.isDemoted && own.strength !== 'weak'
    const { fingerprint, flappedAt } = held
    await trx
      .updateTable('assetIdentifiers')
      .set({
        fingerprint,
        flappedAt,
        lastSeenAt: at,
        source,
        ...(demotes && { strength: 'weak', demotedAt: at }),
      })
      .where('kind', '=', kind)
      .where('value', '=', value)
      .where('assetId', '=', own.assetId)
      .execute()
    if (demotes)
      await doubts.conflict(
        trx,
        organizationId,
        { assetId, otherId: null, reason: 'flapping', kind, value },
        at,
      )
  }
  await trx
    .insertInto('assetSources')
    .values({ organizationId, assetId, source, firstSeenAt: at, lastSeenAt: at })
    .onConflict((conflict) =>
      conflict.columns(['organizationId', 'assetId', 'source']).doUpdateSet({ lastSeenAt: at }),
    )
    .execute()
}

/** A name that stands for another build by now: the digests of the ones before tell it no more. */
async function outlive(trx: Trx<Tables>, assetId: string, { identifiers, at }: Seen): Promise<void> {
  const digests = identifiers.filter(({ kind }) => kind === 'image_digest').map(({ value }) => value)
  if (digests.length === 0) return
  await trx
    .updateTable('assetIdentifiers')
    .set({ strength: 'weak', demotedAt: at })
    .where('assetId', '=', assetId)
    .where('kind', '=', 'image_digest')
    .where('strength', '<>', 'weak')
    .where('value', 'not in', digests)
    .execute()
}

/** What is known of what a source reports, and which asset it is; null for one that is new. */
async function recognize(trx: Trx<Tables>, reported: Reported) {
  const identifiers = identifiersOf(reported)
  const known = await stored(trx, identifiers)
  const rootIds = [...new Set(known.map(({ rootId }) => rootId))]
  const all = await candidates(trx, rootIds)
  if (!reported.byName) {
    const decision = decide(identifiers, all)
    const isNamed = identifiers.some(({ kind }) => kind === 'imported_name')
    const found = decision.match ?? (isNamed ? await namesake(trx, reported) : null)
    return { identifiers, known, decision, found }
  }
  const named = all.find((each) => isCalled(each, reported.name))?.assetId ?? (await namesake(trx, reported))
  const decision = decideNamed(identifiers, all, named)
  return { identifiers, known, decision, found: decision.match }
}

/** The asset that `ensure` would answer; null where it would add one. */
export async function meant(trx: Trx<Tables>, reported: Reported): Promise<string | null> {
  const { known, found } = await recognize(trx, reported)
  return found && memberOf(found, known)
}

/**
 * The asset that a source means: the one that its identifiers tell, else a new one. What they only suggest becomes a
 * proposal, and what they contradict a conflict. Two reports at once get the same answer.
 */
export async function ensure(
  trx: Trx<Tables>,
  organizationId: string,
  reported: Reported,
  at: Date,
): Promise<Ensured> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${organizationId}/assets`}, 0))`.execute(trx)
  const { name, type, source } = reported
  const { identifiers, known, decision, found } = await recognize(trx, reported)
  const seen: Seen = { organizationId, source, at, identifiers }
  const rootId = found ?? newId()
  const assetId = memberOf(rootId, known)
  if (!found) {
    const times = { firstSeenAt: at, lastSeenAt: at, createdAt: at, updatedAt: at }
    await trx
      .insertInto('assets')
      .values({ id: assetId, organizationId, name, type, ...times })
      .execute()
  }
  await remember(trx, assetId, rootId, seen, known)
  if (reported.byName) await outlive(trx, assetId, seen)
  const apart = await apartFrom(trx, rootId, decision.merge)
  const [first] = seen.identifiers
  const kept = decision.merge.filter((id) => apart.has(id)).map((id) => ({ ...first!, assetId: id }))
  await doubts.raise(trx, organizationId, rootId, decision, kept, at)
  const touched = await trx
    .updateTable('assets')
    .set({ lastSeenAt: at, updatedAt: at })
    .where('id', 'in', [...new Set([assetId, rootId])])
    .returningAll()
    .execute()
  const asset = touched.find(({ id }) => id === assetId)!
  return { asset, rootId, merge: decision.merge.filter((id) => !apart.has(id)), reason: decision.reason }
}

/** The assets that an identifier means, all of them where it is ambiguous; the oldest first. */
export async function lookUp(trx: Trx<Tables>, kind: IdentifierKind, value: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct on (root.created_at, root.id) root.id from asset_identifiers i
    join assets a on a.organization_id = i.organization_id and a.id = i.asset_id
    join assets root on root.organization_id = a.organization_id and root.id = coalesce(a.survivor_id, a.id)
    where i.kind = ${kind} and i.value = ${value} order by root.created_at, root.id limit 1000`.execute(trx)
  return rows.map(({ id }) => id)
}
