import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'
import { searchableByTexts } from '#kit/searchable.ts'

/** A digest of what a finding is searched by. */
const key = `(md5(title || e'\\n' || coalesce(cve_id, ''))::uuid)`
/** That itself; most titles begin with the CVE. */
const text = `case when strpos(upper(' ' || title), upper(' ' || cve_id)) > 0 or cve_id is null then title
  else title || e'\\n' || cve_id end`

/**
 * What findings are searched by, each text once: on a thousand hosts the same packages have the same weaknesses, and
 * trigrams were half of what an import cost PostgreSQL. Nothing is ever taken away again.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.finding_texts (
      organization_id uuid not null,
      id uuid not null,
      copy bigint not null default pg_current_xact_id()::text::bigint,
      text varchar(600) not null,
      primary key (organization_id, id, copy)
    );
    alter table vulns.vulnerabilities no force row level security;
    insert into vulns.finding_texts (organization_id, id, text)
      select distinct on (organization_id, ${sql.raw(key)}) organization_id, ${sql.raw(key)}, ${sql.raw(text)}
      from vulns.vulnerabilities;
    alter table vulns.vulnerabilities force row level security;
    create index idx_vulns_text on vulns.vulnerabilities (organization_id, ${sql.raw(key)})
  `.execute(db)
  await tenantTable(db, 'vulns', 'finding_texts', { grants: 'select, insert' })
  await ingestMay(db, 'vulns', 'finding_texts', { insert: ['organization_id', 'id', 'text'] })
  await keeping(db)
  await searchableByTexts(db, 'vulns', 'vulnerabilities', ['title', 'cve_id'], {
    table: 'finding_texts',
    key,
  })
}

/**
 * Whoever writes a finding keeps its text, and waits for nobody: two who write the same new one at once each keep a
 * copy. It asks for each of them: nobody knows how many there are when it is planned, once for a session, and a join
 * that was planned over none of them compared all of them with all. Digests come first, since row level security lets
 * no index be asked for what is computed on the way.
 */
const keeping = (db: Kysely<unknown>) =>
  sql`
    create function vulns.keep_texts() returns trigger language plpgsql set search_path = vulns, pg_temp
      set enable_seqscan = off as $$
    begin
      with told as materialized (
        select distinct on (organization_id, id) * from (
          select organization_id, ${sql.raw(key)} as id, title, cve_id from written) as each)
      insert into finding_texts (organization_id, id, text)
      select organization_id, id, ${sql.raw(text)} from told
      where (select true from finding_texts t
        where t.organization_id = told.organization_id and t.id = told.id limit 1) is null;
      return null;
    end $$;
    create trigger keep_texts_added after insert on vulns.vulnerabilities
      referencing new table as written for each statement execute function vulns.keep_texts();
    create trigger keep_texts_changed after update on vulns.vulnerabilities
      referencing new table as written for each statement execute function vulns.keep_texts()
  `.execute(db)
