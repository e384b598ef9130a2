import { type Kysely, sql } from 'kysely'
import { tenantTable } from '#kit/migration.ts'

/** What assets are selected by. Nothing is deleted: what was taken away says when. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assets.asset_tags (
      organization_id uuid not null,
      asset_id uuid not null,
      tag varchar(200) not null check (tag = lower(tag) and position(':' in tag) > 1),
      created_at timestamptz(3) not null default now(),
      removed_at timestamptz(3),
      primary key (organization_id, asset_id, tag),
      foreign key (organization_id, asset_id) references assets.assets (organization_id, id)
    );
    create index on assets.asset_tags (organization_id, tag, asset_id) where removed_at is null;
    create table assets.asset_groups (
      organization_id uuid not null,
      id uuid not null,
      name varchar(255) not null,
      version integer not null default 1,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (organization_id, id)
    );
    create unique index on assets.asset_groups (organization_id, lower(name));
    create index on assets.asset_groups (organization_id, name, id);
    create index on assets.asset_groups (organization_id, created_at, id);
    create table assets.asset_group_members (
      organization_id uuid not null,
      group_id uuid not null,
      asset_id uuid not null,
      created_at timestamptz(3) not null default now(),
      removed_at timestamptz(3),
      primary key (organization_id, group_id, asset_id),
      foreign key (organization_id, group_id) references assets.asset_groups (organization_id, id),
      foreign key (organization_id, asset_id) references assets.assets (organization_id, id)
    );
    create index on assets.asset_group_members (organization_id, asset_id, group_id) where removed_at is null;
  `.execute(db)
  for (const table of ['asset_tags', 'asset_groups', 'asset_group_members'])
    await tenantTable(db, 'assets', table)
}
