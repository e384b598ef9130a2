import { type Kysely, sql } from 'kysely'
import { grant, ingestMay, tenantTable } from '#kit/migration.ts'

/**
 * The risk and the due time of every finding, whoever writes it: a trigger computes both, so that no writer needs a
 * grant for them and none can forget. `rules-risk.ts` and `rules-sla.ts` say the same; a test compares them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table vulns.asset_context (
      organization_id uuid not null,
      asset_id uuid not null,
      criticality varchar(20) not null default 'unknown'
        check (criticality in ('critical', 'high', 'medium', 'low', 'unknown')),
      exposure varchar(20) not null default 'unknown'
        check (exposure in ('internet', 'partner', 'internal', 'isolated', 'unknown')),
      lifecycle varchar(20) not null default 'active' check (lifecycle in ('active', 'stale', 'retired')),
      told_score integer,
      updated_at timestamptz(3) not null default now(),
      primary key (organization_id, asset_id)
    );
    create table vulns.sla_policies (
      organization_id uuid not null,
      version integer not null,
      critical_days integer check (critical_days between 1 and 3650),
      high_days integer check (high_days between 1 and 3650),
      medium_days integer check (medium_days between 1 and 3650),
      low_days integer check (low_days between 1 and 3650),
      kev_days integer not null check (kev_days between 1 and 3650),
      exploitable_internet_days integer check (exploitable_internet_days between 1 and 3650),
      exploitable_days integer check (exploitable_days between 1 and 3650),
      internet_days integer check (internet_days between 1 and 3650),
      epss_threshold double precision not null check (epss_threshold between 0 and 1),
      restart_after_days integer not null check (restart_after_days between 0 and 3650),
      created_by uuid not null,
      created_at timestamptz(3) not null default now(),
      primary key (organization_id, version)
    );
  `.execute(db)
  await tenantTable(db, 'vulns', 'asset_context')
  await tenantTable(db, 'vulns', 'sla_policies', { grants: 'select, insert' })
  await ingestMay(db, 'vulns', 'asset_context', {})
  await ingestMay(db, 'vulns', 'sla_policies', {})
  await grant(db, 'vulns', 'usage', 'schema operations')
  await grant(db, 'vulns', 'select, insert, update', 'operations.operations')
  await riskFunction(db)
  await dueFunction(db)
  await judgeTrigger(db)
  await backfill(db)
}

const riskFunction = (db: Kysely<unknown>) =>
  sql`
    create function vulns.risk_of(cvss double precision, severity text, epss double precision, kev boolean,
      criticality text, exposure text, reachability text) returns integer language sql immutable as $$
      select greatest(
        floor(100::float8 * least(1::float8,
            coalesce(0.6::float8 * cvss / 10::float8, case severity when 'critical' then 0.6::float8
              when 'high' then 0.4::float8 when 'medium' then 0.2::float8 when 'info' then 0::float8
              else 0.05::float8 end)
            + coalesce(0.3::float8 * epss + case when epss >= 0.5::float8 then 0.2::float8
                when epss >= 0.1::float8 then 0.1::float8 else 0::float8 end, 0::float8)
            + case when kev then 0.3::float8 else 0::float8 end)
          * (0.5::float8
            + 0.3::float8 * case criticality when 'critical' then 1::float8 when 'high' then 0.75::float8
                when 'low' then 0.25::float8 else 0.5::float8 end
            + 0.2::float8 * case exposure when 'internet' then 1::float8 when 'partner' then 0.7::float8
                when 'isolated' then 0::float8 else 0.4::float8 end)
          * case when reachability = 'unreachable' and not kev then 0.7::float8 else 1::float8 end
          + 0.5::float8)::integer,
        case when kev and exposure = 'internet' then 90 when kev then 70 else 0 end)
    $$`.execute(db)

const dueFunction = (db: Kysely<unknown>) =>
  sql`
    create function vulns.due_of(severity text, exposure text, epss double precision, kev boolean, kev_due date,
      kev_added date, started timestamptz, policy vulns.sla_policies)
      returns table (due timestamptz, reason text) language sql stable as $$
      select rule.due, rule.reason from (
        -- Null is no limit, in the policy that there is.
        select 15 as critical_days, 30 as high_days, 90 as medium_days, 180 as low_days, 21 as kev_days,
          4 as exploitable_internet_days, 14 as exploitable_days, 30 as internet_days,
          0.1::float8 as epss_threshold where (policy).version is null
        union all
        select (policy).critical_days, (policy).high_days, (policy).medium_days, (policy).low_days,
          (policy).kev_days, (policy).exploitable_internet_days, (policy).exploitable_days,
          (policy).internet_days, (policy).epss_threshold where (policy).version is not null
      ) as own cross join lateral (values
        (1, 'severity', case severity when 'critical' then own.critical_days
          when 'high' then own.high_days when 'medium' then own.medium_days
          when 'low' then own.low_days end * interval '24 hours' + started),
        (2, 'kev', case when kev then coalesce((kev_due + 1)::timestamp at time zone 'UTC',
          (kev_added + own.kev_days)::timestamp at time zone 'UTC') end),
        (3, 'exploitable_internet', case when exposure = 'internet'
          and (kev or epss >= own.epss_threshold)
          then own.exploitable_internet_days * interval '24 hours' + started end),
        (4, 'exploitable', case when kev or epss >= own.epss_threshold
          then own.exploitable_days * interval '24 hours' + started end),
        (5, 'internet', case when exposure = 'internet' and severity <> 'info'
          then own.internet_days * interval '24 hours' + started end)
      ) as rule (rank, reason, due)
      where rule.due is not null order by rule.due, rule.rank limit 1
    $$`.execute(db)

const judgeTrigger = (db: Kysely<unknown>) =>
  sql`
    create function vulns.judge() returns trigger language plpgsql set search_path = vulns, pg_temp as $$
    declare
      paused constant text[] := '{risk_accepted,false_positive,not_affected,resolved}';
      moment timestamptz;
      known record;
      due record;
      waiting double precision := 0;
      severity text;
    begin
      if tg_op = 'INSERT' then
        moment := new.first_seen_at;
        new.sla_started_at := new.first_seen_at;
      else
        if (new.status, new.severity, new.severity_override, new.override_until, new.cvss_score, new.cve_id, new.reachability,
            new.acceptance_id, new.accepted_from, new.accepted_until, new.due_at, new.risk_score)
          is not distinct from (old.status, old.severity, old.severity_override, old.override_until, old.cvss_score, old.cve_id,
            old.reachability, old.acceptance_id, old.accepted_from, old.accepted_until, old.due_at,
            old.risk_score) then
          return new;
        end if;
        -- People's changes carry the time of the house; what scans do happens now.
        moment := case when new.updated_at is distinct from old.updated_at then new.updated_at else now() end;
      end if;
      severity := case when new.severity_override is not null
        and coalesce(new.override_until > moment, true) then new.severity_override else new.severity end;
      select i.epss, coalesce(i.kev_listed, false) as kev, i.kev_due, i.kev_added, c.criticality, c.exposure,
          p.policy, coalesce(p.restart_after_days, 30) as restart_after_days into known
        from (select 1) as one
        left join vuln_intel i on i.cve_id = new.cve_id
        left join asset_context c on c.organization_id = new.organization_id and c.asset_id = new.asset_id
        left join lateral (select s as policy, s.restart_after_days from sla_policies s
          where s.organization_id = new.organization_id order by s.version desc limit 1) p on true;
      if tg_op = 'UPDATE' and old.sla_paused_at is not null
        and (new.status <> all (paused) or new.acceptance_id is distinct from old.acceptance_id) then
        if old.status = 'resolved'
          and moment > old.resolved_at + known.restart_after_days * interval '24 hours' then
          new.sla_started_at := moment;
          new.sla_paused_seconds := 0;
        else
          new.sla_paused_seconds := old.sla_paused_seconds + greatest(0, extract(epoch from
            case when old.status = 'risk_accepted' then least(moment, old.accepted_until) else moment end
            - old.sla_paused_at));
        end if;
        new.sla_paused_at := null;
      end if;
      if new.status = any (paused) and new.sla_paused_at is null then
        new.sla_paused_at := case when new.status = 'risk_accepted'
          then greatest(moment, new.accepted_from) else moment end;
      end if;
      -- An acceptance ends without anybody writing: its whole time is in the due time from the start.
      if new.status = 'risk_accepted' then
        waiting := greatest(0, extract(epoch from new.accepted_until - new.sla_paused_at));
      end if;
      new.risk_score := vulns.risk_of(new.cvss_score::float8, severity, known.epss, known.kev,
        coalesce(known.criticality, 'unknown'), coalesce(known.exposure, 'unknown'), new.reachability);
      select * into due from vulns.due_of(severity, coalesce(known.exposure, 'unknown'), known.epss,
        known.kev, known.kev_due, known.kev_added, new.sla_started_at, known.policy);
      new.sla_reason := due.reason;
      new.due_at := due.due + make_interval(secs => new.sla_paused_seconds + waiting);
      new.at_risk_at := new.due_at
        - greatest(interval '0', due.due - new.sla_started_at) * 0.2::float8;
      return new;
    end $$;
    create trigger judge before insert or update of status, severity, severity_override, override_until, cvss_score, cve_id,
      reachability, acceptance_id, accepted_from, accepted_until, due_at, risk_score
      on vulns.vulnerabilities for each row execute function vulns.judge();
  `.execute(db)

/** The findings that are there already. Their owner sees them while row level security does not bind it. */
const backfill = (db: Kysely<unknown>) =>
  sql`
    alter table vulns.vulnerabilities no force row level security;
    update vulns.vulnerabilities set sla_started_at = first_seen_at, due_at = null,
      sla_paused_at = case when status = 'resolved' then resolved_at end;
    update vulns.vulnerabilities set due_at = now();
    alter table vulns.vulnerabilities force row level security;
  `.execute(db)
