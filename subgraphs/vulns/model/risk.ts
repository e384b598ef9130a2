import { sql } from 'kysely'
import type { Db, Trx } from '#kit/database.ts'
import { openStatuses } from '../rules.ts'
import { assetRiskOf, type OpenRisk, type RiskFactor, type RiskInputs } from '../rules-risk.ts'
import type { Criticality, Exposure, Lifecycle, Tables } from '../tables.ts'
import { severitySql } from './filter.ts'

export type AssetContext = { criticality: Criticality; exposure: Exposure; lifecycle: Lifecycle }
export type AssetRisk = { score: number; factors: RiskFactor[] }
export type ScoredAsset = AssetRisk & { assetId: string }

/** What a finding's risk is made of, beside what its own row says. */
export type Surroundings = Pick<RiskInputs, 'epss' | 'kev' | 'criticality' | 'exposure'>

/** By the ids of findings. */
export async function inputsOf(db: Db<Tables>, ids: readonly string[]): Promise<Map<string, Surroundings>> {
  const rows = await db
    .selectFrom('vulnerabilities as v')
    .leftJoin('vulnIntel as i', 'i.cveId', 'v.cveId')
    .leftJoin('assetContext as c', 'c.assetId', 'v.assetId')
    .select(['v.id', 'i.epss', 'i.kevListed', 'c.criticality', 'c.exposure'])
    .where('v.id', 'in', ids)
    .execute()
  return new Map(
    rows.map(({ id, epss, kevListed, criticality, exposure }) => [
      id,
      {
        epss,
        kev: kevListed ?? false,
        criticality: criticality ?? 'unknown',
        exposure: exposure ?? 'unknown',
      },
    ]),
  )
}

/** Which findings to judge again: those of some assets, of some weaknesses, or so many by their ids. */
export type Which =
  | { assetIds: readonly string[] }
  | { cveIds: readonly string[] }
  | { after: string | null; until: string }

const selected = (which: Which) => {
  if ('until' in which)
    return sql<boolean>`w.id <= ${which.until}::uuid
      and (${which.after}::uuid is null or w.id > ${which.after}::uuid)`
  if ('assetIds' in which) return sql<boolean>`w.asset_id = any(${which.assetIds}::uuid[])`
  return sql<boolean>`w.cve_id = any(${which.cveIds}::text[])`
}

/**
 * Judges findings again, in one statement, and writes those alone whose risk or due time is another by now. Their
 * assets are to be told what they are worth at the next occasion.
 * @returns how many it wrote
 */
export async function rejudge(trx: Trx<Tables>, which: Which, at: Date): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with judged as (update vulnerabilities v set risk_score = j.risk, due_at = j.due_at, updated_at = ${at}
    from (
      select w.id, risk_of(w.cvss_score::float8, w.worth, i.epss,
          coalesce(i.kev_listed, false), coalesce(c.criticality, 'unknown'), coalesce(c.exposure, 'unknown'),
          w.reachability) as risk,
        (d.due + make_interval(secs => w.sla_paused_seconds + case when w.status = 'risk_accepted'
          then greatest(0, extract(epoch from w.accepted_until - w.sla_paused_at)) else 0 end))::timestamptz(3)
          as due_at,
        d.reason
      from (select *, ${severitySql(at)} as worth from vulnerabilities) w
      left join vuln_intel i on i.cve_id = w.cve_id
      left join asset_context c on c.organization_id = w.organization_id and c.asset_id = w.asset_id
      left join (select s as policy from sla_policies s order by s.version desc limit 1) p on true
      left join lateral due_of(w.worth, coalesce(c.exposure, 'unknown'),
        i.epss, coalesce(i.kev_listed, false), i.kev_due, i.kev_added, w.sla_started_at, p.policy) d
        on true
      where ${selected(which)} and w.merged_into is null
    ) as j
    where v.id = j.id and (v.risk_score, v.due_at, v.sla_reason) is distinct from (j.risk, j.due_at, j.reason)
    returning v.organization_id, v.asset_id),
    untold as (insert into asset_context (organization_id, asset_id)
      select distinct organization_id, asset_id from judged order by 2
      on conflict (organization_id, asset_id) do update set told_score = null)
    select count(*) as count from judged`.execute(trx)
  return rows[0]!.count
}

/** The last id of the next findings, in the order of ids; null when there are no more. */
export async function nextBlock(db: Db<Tables>, after: string | null, size: number): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`select id from (
    select id from vulnerabilities where ${after}::uuid is null or id > ${after}::uuid order by id limit ${size}
  ) as block order by id desc limit 1`.execute(db)
  return rows[0]?.id ?? null
}

export type PlacedAsset = AssetContext & { assetId: string }

/** Keeps what assets says of some assets, and judges their findings by it. */
export async function placeAssets(
  trx: Trx<Tables>,
  organizationId: string,
  assets: readonly PlacedAsset[],
  at: Date,
): Promise<ScoredAsset[]> {
  const placed = [...new Map(assets.map((asset) => [asset.assetId, asset])).values()]
  if (placed.length === 0) return []
  await trx
    .insertInto('assetContext')
    .values(
      placed.map((asset) => ({ ...asset, organizationId, toldScore: null, placedAt: at, updatedAt: at })),
    )
    .onConflict((conflict) =>
      conflict.columns(['organizationId', 'assetId']).doUpdateSet(({ ref }) => ({
        criticality: ref('excluded.criticality'),
        exposure: ref('excluded.exposure'),
        lifecycle: ref('excluded.lifecycle'),
        placedAt: at,
        updatedAt: at,
      })),
    )
    .execute()
  const ids = placed.map(({ assetId }) => assetId)
  await rejudge(trx, { assetIds: ids }, at)
  const asked = new Set(ids)
  return (await scores(trx, ids))
    .filter(({ assetId }) => asked.has(assetId))
    .map(({ assetId, score, factors }) => ({ assetId, score, factors }))
}

type Totals = OpenRisk & { assetId: string; lifecycle: Lifecycle | null; toldScore: number | null }

/** The scores of some assets, or of all that have findings or were told a score, beside what they were told. */
async function scores(
  trx: Trx<Tables>,
  assetIds: readonly string[] | null,
): Promise<(ScoredAsset & { toldScore: number | null })[]> {
  // One list, and not two conditions: the index finds their findings, and reads no others of the organization.
  const asked = sql`array(select unnest(${assetIds}::uuid[])
    union select asset_id from asset_context where told_score is null)`
  const isIt = assetIds === null ? sql<boolean>`true` : sql<boolean>`asset_id = any(${asked})`
  const { rows } = await sql<Totals>`
    select coalesce(o.asset_id, c.asset_id) as asset_id, c.lifecycle, c.told_score,
      coalesce(o.worst, 0) as worst, coalesce(o.sum, 0) as sum, coalesce(o.count, 0) as count
    from (
      select asset_id, max(risk_score) as worst, sum(risk_score) as sum, count(*) as count
      from vulnerabilities where ${isIt} and merged_into is null
        and status in (${sql.join(openStatuses.map((status) => sql.lit(status)))}) group by asset_id
    ) as o
    full join (select * from asset_context where ${isIt}) c on c.asset_id = o.asset_id
    order by 1`.execute(trx)
  return rows.map(({ assetId: id, toldScore, lifecycle, ...open }) => {
    const risk = assetRiskOf(lifecycle === 'retired' ? { worst: 0, sum: 0, count: 0 } : open)
    return { assetId: id, toldScore, ...risk }
  })
}

/**
 * Hands `tell` the scores that assets does not know yet, and remembers that it does. One at a time in an
 * organization, so that no older score comes after a newer one.
 * @param of.assetIds beside these, those that nobody has told of; null for all
 */
export async function tellScores(
  trx: Trx<Tables>,
  of: { organizationId: string; assetIds: readonly string[] | null },
  tell: (scored: ScoredAsset[]) => Promise<void>,
): Promise<number> {
  const { organizationId, assetIds } = of
  const lock = `${organizationId}/asset-scores`
  await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(trx)
  const untold = (await scores(trx, assetIds)).filter(({ score, toldScore }) => score !== toldScore)
  if (untold.length === 0) return 0
  await tell(untold.map(({ assetId: id, score, factors }) => ({ assetId: id, score, factors })))
  const [ids, told] = [untold.map((each) => each.assetId), untold.map((each) => each.score)]
  await sql`
    insert into asset_context (organization_id, asset_id, told_score)
    select ${organizationId}::uuid, told.asset_id, told.score
    from unnest(${ids}::uuid[], ${told}::int[]) as told (asset_id, score)
    on conflict (organization_id, asset_id) do update set told_score = excluded.told_score`.execute(trx)
  return untold.length
}

const mostUnplaced = 100

/** Assets of which nobody has said what they are worth; 100 at most. */
export async function unplaced(db: Db<Tables>): Promise<string[]> {
  const { rows } = await sql<{ assetId: string }>`select asset_id from asset_context where placed_at is null
    order by asset_id limit ${mostUnplaced}`.execute(db)
  return rows.map(({ assetId }) => assetId)
}

export const markPlaced = (trx: Trx<Tables>, assetIds: readonly string[], at: Date) =>
  trx
    .updateTable('assetContext')
    .set({ placedAt: at })
    .where('assetId', 'in', assetIds)
    .where('placedAt', 'is', null)
    .execute()

/** Whether assets has not been told of something. */
export async function hasUntold(db: Db<Tables>): Promise<boolean> {
  const { rows } = await sql`select 1 from asset_context where told_score is null limit 1`.execute(db)
  return rows.length > 0
}
