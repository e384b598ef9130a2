import { type Kysely, sql } from 'kysely'
import { ingestMay, ingestMoves } from '#kit/migration.ts'
import { ownerSeesAll } from './owner-sees-all.ts'

/** Machines see alerts again, which may open what was resolved, and apply the rules that people made. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const due = ['ack_due_at', 'resolve_due_at', 'sla_due_at', 'sla_risk_at']
  await ingestMay(db, 'alerts', 'alerts', {
    insert: [
      ...['confidence', 'priority', 'attacks', 'occurrence_count', 'previous_alert_id', 'first_seen_at'],
      ...['last_seen_at', 'created_at', 'updated_at', ...due],
    ],
    update: ['status', 'suppression_rule_id', 'dedupe_active', 'reopen_count', ...due],
  })
  await ingestMoves(db, 'alerts', 'alerts', 'status', [
    ['resolved', 'open'],
    ['open', 'suppressed'],
  ])
  await ownerSeesAll(db, () => rekey(db))
}

// One key for all that has a name at its source, as it is made today; of several of one name, the first keeps it.
async function rekey(db: Kysely<unknown>): Promise<void> {
  await sql`
    update alerts.alerts a set fingerprint = keyed.key
    from (
      select distinct on (organization_id, source, source_ref) organization_id, id,
        encode(sha256(convert_to(concat_ws('|', 'v1', 'ref', to_json(source), to_json(source_ref)), 'UTF8')), 'hex') as key
      from alerts.alerts where dedupe_active and source is not null and source_ref is not null
      order by organization_id, source, source_ref, created_at, id
    ) keyed
    where a.organization_id = keyed.organization_id and a.id = keyed.id
  `.execute(db)
}
