import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import type { RiskFactor, Tables } from '../tables.ts'

export type Score = { assetId: string; score: number; factors: readonly RiskFactor[] }

/**
 * Keeps what the findings of assets make of them, and answers of how many. It is no change by anybody: the version
 * stays. Assets in the order of their ids, so that two who store at once cannot cross.
 */
export async function store(trx: Trx<Tables>, scores: readonly Score[], at: Date): Promise<number> {
  const given = scores.map(({ assetId, score, factors }) => ({
    id: assetId,
    score: Math.min(100, Math.max(0, score)),
    factors,
  }))
  const { rows } = await sql`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(given)}::jsonb)
        as given (id uuid, score integer, factors jsonb)
    ), locked as (
      select a.organization_id, a.id from assets a join given on given.id = a.id order by a.id for update of a
    )
    update assets a set risk_score = given.score, risk_factors = given.factors,
      updated_at = case when a.risk_score = given.score then a.updated_at else ${at} end
    from given join locked on locked.id = given.id
    where a.organization_id = locked.organization_id and a.id = given.id
    returning a.id`.execute(trx)
  return rows.length
}
