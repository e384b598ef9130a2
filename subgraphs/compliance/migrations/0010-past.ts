import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'

/**
 * What a posture follows from, as it was before each change of it: what a result said, how bad a check is, where a
 * mapping comes from. Triggers write it, once for a statement; what is new, or said again, costs nothing.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table compliance.posture_changes (
      organization_id uuid not null,
      sequence bigint generated always as identity,
      kind varchar(20) not null check (kind in ('result', 'check', 'mapping')),
      subject_id uuid not null,
      control_id uuid references compliance.controls (id),
      was varchar(20),
      at timestamptz(3) not null,
      primary key (organization_id, sequence),
      check ((kind = 'mapping') = (control_id is not null))
    );
    create index on compliance.posture_changes (organization_id, at)
  `.execute(db)
  await tenantTable(db, 'compliance', 'posture_changes', { grants: 'select, insert' })
  await ingestMay(db, 'compliance', 'posture_changes', {
    insert: ['organization_id', 'kind', 'subject_id', 'control_id', 'was', 'at'],
    only: 'pg_trigger_depth() > 0',
  })
  const said = (of: string) => `case when ${of}.withdrawn_at is null then ${of}.result end`
  await trigger(db, 'check_results', 'result', ['id', 'null'], said, 'id')
  await trigger(db, 'checks', 'check', ['id', 'null'], (of) => `${of}.severity_rank::text`, 'id')
  await trigger(
    db,
    'control_checks',
    'mapping',
    ['check_id', 'control_id'],
    (of) => `${of}.origin`,
    'check_id',
  )
}

async function trigger(
  db: Kysely<unknown>,
  table: string,
  kind: string,
  [subject, control]: readonly [string, string],
  value: (of: string) => string,
  key: string,
): Promise<void> {
  const same = control === 'null' ? 'true' : `before.${control} = later.${control}`
  const controlId = control === 'null' ? 'null' : `before.${control}`
  await sql`
    create function compliance.${sql.raw(`keep_${table}`)}() returns trigger
      language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      insert into compliance.posture_changes (organization_id, kind, subject_id, control_id, was, at)
      select before.organization_id, ${sql.raw(`'${kind}', before.${subject}, ${controlId}, ${value('before')}`)}, now()
      from before join later on before.organization_id = later.organization_id
        and ${sql.raw(`before.${key} = later.${key} and ${same}`)}
      where ${sql.raw(`${value('before')} is distinct from ${value('later')}`)};
      return null;
    end $$;
    create trigger keep_past after update on compliance.${sql.raw(table)}
      referencing old table as before new table as later for each statement
      execute function compliance.${sql.raw(`keep_${table}`)}()
  `.execute(db)
}
