import { type Kysely, sql } from 'kysely'
import { toldDues } from '#kit/migration/dues.ts'
import { tellOrganizations } from '#kit/migration/organizations.ts'

/** What was told of what falls due, and where to look for it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await toldDues(db, 'alerts')
  await sql`
    create index on alerts.alerts (organization_id, sla_risk_at, id)
      where status in ('open', 'acknowledged', 'in_progress', 'on_hold', 'suppressed');
    create index on alerts.alerts (organization_id, resolved_at, id) where status = 'resolved';
  `.execute(db)
  await tellOrganizations(db, 'alerts', 'alerts')
}
