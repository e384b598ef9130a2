import { type Kysely, sql } from 'kysely'
import { grant } from '#kit/migration.ts'

/** Who cares for an asset, whether it is still there, and why its risk is what it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table assets.assets
      add column retired_at timestamptz(3),
      add column is_manual boolean not null default false,
      add column owner_user_id uuid,
      add column owner_team_id uuid,
      add column risk_factors jsonb not null default '[]',
      add check ((lifecycle = 'retired') = (retired_at is not null));
    create index on assets.assets (organization_id, owner_user_id, id) where owner_user_id is not null;
    create index on assets.assets (organization_id, owner_team_id, id) where owner_team_id is not null;
    create index on assets.assets (organization_id, lifecycle, name, id);
    create index on assets.assets (organization_id, type, lifecycle, criticality, is_manual, last_seen_at);
  `.execute(db)
  await grant(db, 'assets', 'usage', 'schema operations')
  await grant(db, 'assets', 'select, insert, update', 'operations.operations')
}
