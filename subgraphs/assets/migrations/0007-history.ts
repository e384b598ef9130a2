import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'

/** What assets were at any time. It is written by the database itself, and by nobody changed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assets.asset_history (
      organization_id uuid not null,
      asset_id uuid not null,
      at timestamptz(3) not null,
      version integer not null,
      type varchar(50) not null,
      lifecycle varchar(20) not null,
      criticality varchar(20) not null,
      exposure varchar(20) not null,
      is_merged boolean not null,
      primary key (organization_id, asset_id, at, version),
      foreign key (organization_id, asset_id) references assets.assets (organization_id, id)
    );
    create function assets.keep_history() returns trigger
      language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      insert into assets.asset_history (organization_id, asset_id, at, version, type, lifecycle, criticality,
        exposure, is_merged)
      values (new.organization_id, new.id, new.updated_at, new.version, new.type, new.lifecycle, new.criticality,
        new.exposure, new.merged_into is not null)
      on conflict do nothing;
      return null;
    end $$;
    create trigger keep_history_of_new after insert on assets.assets for each row
      execute function assets.keep_history();
    create trigger keep_history after update of lifecycle, criticality, exposure, merged_into on assets.assets
      for each row when ((old.lifecycle, old.criticality, old.exposure, old.merged_into)
        is distinct from (new.lifecycle, new.criticality, new.exposure, new.merged_into))
      execute function assets.keep_history();
    alter table assets.assets no force row level security;
    insert into assets.asset_history (organization_id, asset_id, at, version, type, lifecycle, criticality,
        exposure, is_merged)
      select organization_id, id, created_at, version, type, lifecycle, criticality, exposure, merged_into is not null
      from assets.assets;
    alter table assets.assets force row level security;
  `.execute(db)
  await tenantTable(db, 'assets', 'asset_history', { grants: 'select, insert' })
  await ingestMay(db, 'assets', 'asset_history', {
    insert: [
      ...['organization_id', 'asset_id', 'at', 'version', 'type', 'lifecycle', 'criticality', 'exposure'],
      'is_merged',
    ],
  })
}
