import { type Kysely, sql } from 'kysely'
import { grant } from '#kit/migration.ts'

/** Groups that have whatever their rule describes; and a risk of one's own, beside that of what one stands for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table assets.asset_groups add column rule jsonb;
    create index on assets.asset_groups (organization_id, id) where rule is not null;
    alter table assets.assets
      add column own_risk_score integer not null default 0 check (own_risk_score between 0 and 100),
      add column own_risk_factors jsonb not null default '[]';
    create view assets.standing_assets with (security_invoker = true) as
      select * from assets.assets where merged_into is null;
  `.execute(db)
  await grant(db, 'assets', 'select', 'assets.standing_assets')
}
