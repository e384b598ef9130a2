import { type Kysely, sql } from 'kysely'

/** Counts of alerts by status are answered by an index alone: it knows the rule that suppresses one, too. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop index alerts.idx_alerts_org_status;
    create index idx_alerts_org_status on alerts.alerts (organization_id, status, severity)
      include (suppression_rule_id);
  `.execute(db)
}
