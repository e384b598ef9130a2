import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'

const pair = `
  organization_id uuid not null,
  id uuid not null,
  asset_id uuid not null`
const toAsset = (column: string) =>
  `foreign key (organization_id, ${column}) references assets.assets (organization_id, id)`

/** What tells assets apart, who has seen them, and which of them are one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table assets.assets
      add column merged_into uuid,
      add column survivor_id uuid,
      add column merged_at timestamptz(3),
      add check ((merged_into is null) = (survivor_id is null) and (merged_into is null) = (merged_at is null)),
      add check (merged_into <> id and survivor_id <> id),
      add ${sql.raw(toAsset('merged_into'))},
      add ${sql.raw(toAsset('survivor_id'))};
    create index on assets.assets (organization_id, merged_into) where merged_into is not null;
    create index on assets.assets (organization_id, survivor_id) where survivor_id is not null;
  `.execute(db)
  await identifiers(db)
  await sql`
    create table assets.asset_sources (
      organization_id uuid not null,
      asset_id uuid not null,
      source varchar(100) not null,
      first_seen_at timestamptz(3) not null,
      last_seen_at timestamptz(3) not null,
      primary key (organization_id, asset_id, source),
      ${sql.raw(toAsset('asset_id'))}
    );
    create index on assets.asset_sources (organization_id, source, asset_id);
    create table assets.asset_merges (
      organization_id uuid not null,
      id uuid not null,
      survivor_id uuid not null,
      merged_id uuid not null,
      reason varchar(30) not null
        check (reason in ('person', 'proposal', 'strong_identifier', 'medium_identifiers')),
      merged_by uuid,
      merged_at timestamptz(3) not null,
      split_by uuid,
      split_at timestamptz(3),
      primary key (organization_id, id),
      ${sql.raw(toAsset('survivor_id'))},
      ${sql.raw(toAsset('merged_id'))},
      check (split_by is null or split_at is not null)
    );
    create unique index on assets.asset_merges (organization_id, merged_id) where split_at is null;
    create index on assets.asset_merges (organization_id, merged_id, survivor_id);
    create table assets.asset_proposals (
      ${sql.raw(pair)},
      other_id uuid not null,
      evidence jsonb not null default '[]',
      state varchar(10) not null default 'open' check (state in ('open', 'accepted', 'dismissed')),
      version integer not null default 1,
      created_at timestamptz(3) not null,
      last_seen_at timestamptz(3) not null,
      decided_by uuid,
      decided_at timestamptz(3),
      primary key (organization_id, id),
      unique (organization_id, asset_id, other_id),
      ${sql.raw(toAsset('asset_id'))},
      ${sql.raw(toAsset('other_id'))},
      check (asset_id < other_id),
      check ((state = 'open') = (decided_at is null))
    );
    create index on assets.asset_proposals (organization_id, created_at, id);
    create index on assets.asset_proposals (organization_id, state, created_at, id);
    create index on assets.asset_proposals (organization_id, other_id);
    create table assets.asset_conflicts (
      ${sql.raw(pair)},
      other_id uuid,
      reason varchar(20) not null check (reason in ('shared', 'flapping', 'kept_apart')),
      kind varchar(50) not null,
      value varchar(500) not null,
      occurrences integer not null default 1,
      version integer not null default 1,
      created_at timestamptz(3) not null,
      last_seen_at timestamptz(3) not null,
      dismissed_by uuid,
      dismissed_at timestamptz(3),
      primary key (organization_id, id),
      unique nulls not distinct (organization_id, asset_id, other_id, reason, kind, value),
      ${sql.raw(toAsset('asset_id'))},
      ${sql.raw(toAsset('other_id'))}
    );
    create index on assets.asset_conflicts (organization_id, created_at, id);
    create index on assets.asset_conflicts (organization_id, other_id);
  `.execute(db)
  for (const table of ['asset_sources', 'asset_merges', 'asset_proposals', 'asset_conflicts'])
    await tenantTable(db, 'assets', table)
  await machines(db)
}

/** Until now there was one kind, and one asset for each; strong ones stay so. */
async function identifiers(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table assets.asset_identifiers no force row level security;
    update assets.asset_identifiers set kind = 'imported_name' where kind = 'imported-name';
    alter table assets.asset_identifiers force row level security;
    alter table assets.asset_identifiers
      drop constraint asset_identifiers_pkey,
      add column strength varchar(10) not null default 'strong' check (strength in ('strong', 'medium', 'weak')),
      add column source varchar(100) not null default 'import',
      add column last_seen_at timestamptz(3) not null default now(),
      add column fingerprint varchar(64),
      add column flapped_at timestamptz(3)[] not null default '{}',
      add column demoted_at timestamptz(3),
      add check (kind in ('external_id', 'cloud_id', 'image_digest', 'repository_id', 'package_manifest',
        'imported_name', 'hardware_serial', 'hardware_uuid', 'mdm_id', 'mac', 'fqdn', 'hostname', 'ip')),
      add primary key (organization_id, kind, value, asset_id);
    create unique index on assets.asset_identifiers (organization_id, kind, value) where strength = 'strong';
  `.execute(db)
}

async function machines(db: Kysely<unknown>): Promise<void> {
  await ingestMay(db, 'assets', 'assets', {
    insert: ['first_seen_at', 'last_seen_at', 'created_at', 'updated_at'],
  })
  await ingestMay(db, 'assets', 'asset_identifiers', {
    insert: ['strength', 'source', 'last_seen_at', 'fingerprint', 'created_at'],
    update: ['strength', 'source', 'last_seen_at', 'fingerprint', 'flapped_at', 'demoted_at'],
  })
  const seen = ['created_at', 'last_seen_at']
  await ingestMay(db, 'assets', 'asset_sources', {
    insert: ['organization_id', 'asset_id', 'source', 'first_seen_at', 'last_seen_at'],
    update: ['last_seen_at'],
  })
  await ingestMay(db, 'assets', 'asset_proposals', {
    insert: ['organization_id', 'id', 'asset_id', 'other_id', 'evidence', ...seen],
    update: ['evidence', 'last_seen_at'],
  })
  await ingestMay(db, 'assets', 'asset_conflicts', {
    insert: ['organization_id', 'id', 'asset_id', 'other_id', 'reason', 'kind', 'value', ...seen],
    update: ['occurrences', 'last_seen_at'],
  })
  await ingestMay(db, 'assets', 'asset_merges', {})
}
