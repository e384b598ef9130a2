import { type Kysely, sql } from 'kysely'
import { toldDues } from '#kit/migration/dues.ts'
import { tellOrganizations } from '#kit/migration/organizations.ts'

/**
 * What was told of what falls due, and where to look for it. When a weakness came on a
 * list of what is exploited is known from here on: what was listed before is no news.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await toldDues(db, 'vulns')
  await sql`
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
  await tellOrganizations(db, 'vulns', 'vulnerabilities')
}
