import { type Kysely, sql } from 'kysely'
import { grant } from '#kit/migration.ts'
import { controls, framework } from './nist-csf-2.0.ts'

/** Built-in catalogues belong to no tenant: everybody reads them, and only migrations write them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table compliance.frameworks (
      id uuid primary key,
      name varchar(255) not null,
      version varchar(50) not null,
      catalog_uri text,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      unique (name, version)
    );
    create table compliance.controls (
      id uuid primary key,
      framework_id uuid not null references compliance.frameworks (id),
      code varchar(50) not null,
      title varchar(500) not null,
      section varchar(255) not null,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      unique (framework_id, code)
    );
    create index on compliance.controls (code, id);
  `.execute(db)
  const { id, name, version, catalogUri } = framework
  await sql`insert into compliance.frameworks (id, name, version, catalog_uri)
    values (${id}, ${name}, ${version}, ${catalogUri})`.execute(db)
  for (const [section, code, title, controlId] of controls) {
    await sql`insert into compliance.controls (id, framework_id, code, title, section)
      values (${controlId}, ${id}, ${code}, ${title}, ${section})`.execute(db)
  }
  await grant(db, 'compliance', 'select', 'compliance.frameworks')
  await grant(db, 'compliance', 'select', 'compliance.controls')
}
