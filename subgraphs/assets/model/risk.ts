import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import type { RiskFactor, Tables } from '../tables.ts'

export type Score = { assetId: string; score: number; factors: readonly RiskFactor[] }

/**
 * Keeps what the findings of assets make of them, and answers of how many. What stands for others is as risky as the
 * worst of them. It is no change by anybody: the version stays. Assets in the order of their ids, so that two who store
 * at once cannot cross.
 */
export async function store(trx: Trx<Tables>, scores: readonly Score[], at: Date): Promise<number> {
  const given = scores.map(({ assetId, score, factors }) => ({
    id: assetId,
    score: Math.min(100, Math.max(0, score)),
    factors,
  }))
  const { rows: locked } = await sql<{ id: string; rootId: string }>`
    select id, coalesce(survivor_id, id) as root_id from assets
    where id = any(${given.map(({ id }) => id)}::uuid[]) order by id for update`.execute(trx)
  await sql`
    update assets a set own_risk_score = given.score, own_risk_factors = given.factors,
      risk_score = given.score, risk_factors = given.factors
    from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as given (id uuid, score integer, factors jsonb)
    where a.id = given.id`.execute(trx)
  await settle(trx, [...new Set(locked.map(({ rootId }) => rootId))], at)
  return locked.length
}

/** Shows the worst of what each of these stands for. */
async function settle(trx: Trx<Tables>, rootIds: readonly string[], at: Date): Promise<void> {
  await sql`
    update assets a set risk_score = worst.score, risk_factors = worst.factors, updated_at = ${at}
    from (
      select distinct on (root.id) root.id, member.own_risk_score as score, member.own_risk_factors as factors
      from assets root join assets member on member.organization_id = root.organization_id
        and (member.id = root.id or member.survivor_id = root.id)
      where root.id = any(${rootIds}::uuid[])
      order by root.id, member.own_risk_score desc, member.id = root.id desc, member.id
    ) as worst
    where a.id = worst.id and (a.risk_score, a.risk_factors) is distinct from (worst.score, worst.factors)`.execute(
    trx,
  )
}
