import { type Kysely, sql } from 'kysely'
import { grant, ingestMay, serviceRole, tenantTable } from '#kit/migration.ts'
import { giveTo } from '#kit/searchable.ts'

/**
 * What was told of what falls due, once for each subject and due, and where to look for it. When a weakness came on a
 * list of what is exploited is known from here on: what was listed before is no news.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.told_dues (
      organization_id uuid not null,
      subject_id uuid not null,
      event varchar(50) not null check (event <> ''),
      due_at timestamptz(3) not null,
      told_at timestamptz(3) not null,
      primary key (organization_id, subject_id, event, due_at)
    );
    create index on vulns.vulnerabilities (organization_id, at_risk_at, id)
      where at_risk_at is not null and status in ('open', 'confirmed', 'in_remediation', 'risk_accepted');
    create index on vulns.risk_acceptances (organization_id, expires_at, id) where status = 'approved';
    alter table vulns.asset_context add column placed_at timestamptz(3);
    create index on vulns.asset_context (organization_id, asset_id) where placed_at is null;
    create index on vulns.asset_context (organization_id, asset_id) where told_score is null;
    alter table vulns.vuln_intel add column kev_listed_at timestamptz(3);
    create function vulns.note_listing() returns trigger language plpgsql set search_path = vulns, pg_temp as $$
    begin
      if new.kev_listed and (tg_op = 'INSERT' or not old.kev_listed) then
        new.kev_listed_at := now();
      end if;
      return new;
    end $$;
    create trigger note_listing before insert or update of kev_listed on vulns.vuln_intel
      for each row execute function vulns.note_listing();
  `.execute(db)
  await tenantTable(db, 'vulns', 'told_dues', { grants: 'select, insert' })
  await ingestMay(db, 'vulns', 'told_dues', {})
  await organizations(db)
}

/** The organizations that have findings, which nobody else here knows: a step of the index for each. */
async function organizations(db: Kysely<unknown>): Promise<void> {
  const name = 'function vulns.organizations()'
  await sql`
    create function vulns.organizations() returns setof uuid
      language sql stable security definer set search_path = pg_catalog, pg_temp as $$
      with recursive known as (
        (select organization_id from vulns.vulnerabilities order by organization_id limit 1)
        union all
        select (select v.organization_id from vulns.vulnerabilities v
          where v.organization_id > known.organization_id order by v.organization_id limit 1)
        from known where known.organization_id is not null
      )
      select organization_id from known where organization_id is not null
    $$;
    revoke all on ${sql.raw(name)} from public;
  `.execute(db)
  await grant(db, 'vulns', 'execute', name)
  await giveTo(db, 'vulns', await serviceRole(db, 'vulns', '_search'), name)
}
