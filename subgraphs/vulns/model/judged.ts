/** How new findings are judged, many at a time: what the trigger of a single one finds, by the same functions. */
import { sql } from 'kysely'

export const judgement = sql.raw('risk_score, sla_reason, due_at, at_risk_at')

/**
 * The new ones of `incoming`, findings of an asset, with their judgement: their time begins now. One whose weakness
 * somebody has accepted has none, and is left to the triggers, which give it what people have said.
 */
export const judged = (assetId: string) => sql`
  select incoming.*, d.reason as sla_reason, d.due as due_at,
    d.due - greatest(interval '0', d.due - began) * 0.2::float8 as at_risk_at,
    case when (incoming.cve_id in (select unnest(a.cve_ids) from risk_acceptances a
      where a.status = 'approved' and cardinality(a.cve_ids) > 0 and a.expires_at > now() and a.valid_from <= now()))
      is not true
    then risk_of(incoming.cvss_score::float8, incoming.severity, i.epss, coalesce(i.kev_listed, false),
      coalesce(c.criticality, 'unknown'), coalesce(c.exposure, 'unknown'), 'unknown') end as risk_score
  from incoming cross join (select now()::timestamptz(3) as began) as present
  left join vuln_intel i on i.cve_id = incoming.cve_id
  left join asset_context c on c.asset_id = ${assetId}::uuid
  left join (select s as policy from sla_policies s order by s.version desc limit 1) p on true
  left join lateral due_of(incoming.severity, coalesce(c.exposure, 'unknown'), i.epss, coalesce(i.kev_listed, false),
    i.kev_due, i.kev_added, began, p.policy) d on true
  where incoming.is_new`
