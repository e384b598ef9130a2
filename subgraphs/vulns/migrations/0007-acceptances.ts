import { type Kysely, sql } from 'kysely'
import { ingestMay, tenantTable } from '#kit/migration.ts'

/** Risks that two people have agreed to live with for a while. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.risk_acceptances (
      organization_id uuid not null,
      id uuid not null,
      finding_ids uuid[] not null default '{}',
      cve_ids text[] not null default '{}',
      asset_ids uuid[] not null default '{}',
      treatment varchar(20) not null check (treatment in ('accept', 'mitigate', 'transfer', 'avoid', 'share')),
      reason varchar(2000) not null check (reason <> ''),
      compensating_controls varchar(2000),
      evidence text[] not null default '{}',
      status varchar(20) not null default 'requested'
        check (status in ('requested', 'approved', 'rejected', 'revoked')),
      requested_by uuid not null,
      approved_by uuid,
      decided_by uuid,
      decided_at timestamptz(3),
      decision_reason varchar(2000),
      valid_from timestamptz(3) not null,
      expires_at timestamptz(3) not null,
      version integer not null default 1,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (organization_id, id),
      check (approved_by <> requested_by),
      check (status not in ('approved', 'revoked') or approved_by is not null),
      check ((status = 'requested') = (decided_at is null)),
      check (expires_at > valid_from and expires_at <= valid_from + interval '8760 hours'),
      check ((cardinality(finding_ids) > 0) <> (cardinality(cve_ids) > 0))
    );
    create index on vulns.risk_acceptances (organization_id, created_at, id);
    create index on vulns.risk_acceptances (organization_id, expires_at, id);
    create index on vulns.risk_acceptances (organization_id, expires_at)
      where status = 'approved' and cardinality(cve_ids) > 0;
  `.execute(db)
  await sql`
    create index on vulns.vulnerabilities (organization_id, accepted_from) where acceptance_id is not null;
    create index on vulns.vulnerabilities (organization_id, accepted_until) where acceptance_id is not null;
  `.execute(db)
  await tenantTable(db, 'vulns', 'risk_acceptances')
  await ingestMay(db, 'vulns', 'risk_acceptances', {})
  await inheritance(db)
}

/**
 * An acceptance of a weakness holds for findings of it that come later, or come back. Its name puts the trigger after
 * the one that watches what machines do, and before the one that judges.
 */
const inheritance = (db: Kysely<unknown>) =>
  sql`
    create function vulns.inherit_acceptance() returns trigger language plpgsql
      set search_path = vulns, pg_temp as $$
    declare
      accepted record;
    begin
      select a.id, a.valid_from, a.expires_at, a.approved_by, a.reason into accepted from risk_acceptances a
        where a.organization_id = new.organization_id and a.status = 'approved' and cardinality(a.cve_ids) > 0
          and a.expires_at > now() and a.valid_from <= now() and new.cve_id = any (a.cve_ids)
          and (cardinality(a.asset_ids) = 0 or new.asset_id = any (a.asset_ids))
        order by a.expires_at desc limit 1;
      if found then
        new.status := 'risk_accepted';
        new.status_by := accepted.approved_by;
        new.status_at := now();
        new.status_reason := accepted.reason;
        new.acceptance_id := accepted.id;
        new.accepted_from := accepted.valid_from;
        new.accepted_until := accepted.expires_at;
      end if;
      return new;
    end $$;
    create trigger inherit_acceptance_added before insert on vulns.vulnerabilities for each row
      when (new.cve_id is not null and new.status = 'open') execute function vulns.inherit_acceptance();
    create trigger inherit_acceptance_back before update of status on vulns.vulnerabilities for each row
      when (new.cve_id is not null and old.status = 'resolved' and new.status = 'open')
      execute function vulns.inherit_acceptance();
  `.execute(db)
