import { type Kysely, sql } from 'kysely'

/**
 * The same judgement in two thirds of its time, of which each finding of an import takes some: what is due is computed
 * without a query, and the policy is asked for as it is.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await dueFunction(db)
  await judgeFunction(db)
}

const dueFunction = (db: Kysely<unknown>) =>
  sql`
    drop function vulns.due_of(text, text, double precision, boolean, date, date, timestamptz, vulns.sla_policies);
    create function vulns.due_of(severity text, exposure text, epss double precision, kev boolean, kev_due date,
      kev_added date, started timestamptz, policy vulns.sla_policies, out due timestamptz, out reason text)
      language plpgsql stable as $$
    declare
      usual constant boolean := policy.version is null;
      day constant interval := '24 hours';
      exploitable constant boolean := kev or coalesce(epss >= coalesce(policy.epss_threshold, 0.1), false);
      other timestamptz;
    begin
      -- Null is no limit, in the policy that there is.
      due := started + day * case severity
        when 'critical' then case when usual then 15 else policy.critical_days end
        when 'high' then case when usual then 30 else policy.high_days end
        when 'medium' then case when usual then 90 else policy.medium_days end
        when 'low' then case when usual then 180 else policy.low_days end end;
      reason := case when due is not null then 'severity' end;
      if kev then
        other := coalesce((kev_due + 1)::timestamp at time zone 'UTC',
          (kev_added + coalesce(policy.kev_days, 21))::timestamp at time zone 'UTC');
        if coalesce(other < due, other is not null) then due := other; reason := 'kev'; end if;
      end if;
      if exploitable then
        if exposure = 'internet' then
          other := started + day * case when usual then 4 else policy.exploitable_internet_days end;
          if coalesce(other < due, other is not null) then due := other; reason := 'exploitable_internet'; end if;
        end if;
        other := started + day * case when usual then 14 else policy.exploitable_days end;
        if coalesce(other < due, other is not null) then due := other; reason := 'exploitable'; end if;
      end if;
      if exposure = 'internet' and severity <> 'info' then
        other := started + day * case when usual then 30 else policy.internet_days end;
        if coalesce(other < due, other is not null) then due := other; reason := 'internet'; end if;
      end if;
    end $$`.execute(db)

const judgeFunction = (db: Kysely<unknown>) =>
  sql`
    create or replace function vulns.judge() returns trigger language plpgsql
      set search_path = vulns, pg_temp as $$
    declare
      paused constant text[] := '{risk_accepted,false_positive,not_affected,resolved}';
      moment timestamptz;
      known record;
      policy sla_policies;
      judged record;
      restart_after_days integer;
      waiting double precision := 0;
      severity text;
    begin
      if tg_op = 'INSERT' then
        moment := new.first_seen_at;
        new.sla_started_at := new.first_seen_at;
      else
        if (new.status, new.severity, new.severity_override, new.override_until, new.cvss_score, new.cve_id,
            new.reachability, new.acceptance_id, new.accepted_from, new.accepted_until, new.due_at, new.risk_score)
          is not distinct from (old.status, old.severity, old.severity_override, old.override_until,
            old.cvss_score, old.cve_id, old.reachability, old.acceptance_id, old.accepted_from,
            old.accepted_until, old.due_at, old.risk_score) then
          return new;
        end if;
        -- People's changes carry the time of the house; what scans do happens now.
        moment := case when new.updated_at is distinct from old.updated_at then new.updated_at else now() end;
      end if;
      severity := case when new.severity_override is not null
        and coalesce(new.override_until > moment, true) then new.severity_override else new.severity end;
      if tg_op = 'UPDATE' and old.sla_paused_at is not null
        and (new.status <> all (paused) or new.acceptance_id is distinct from old.acceptance_id) then
        restart_after_days := coalesce((select s.restart_after_days from sla_policies s
          where s.organization_id = new.organization_id order by s.version desc limit 1), 30);
        if old.status = 'resolved' and moment > old.resolved_at + restart_after_days * interval '24 hours' then
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
      select i.epss, coalesce(i.kev_listed, false) as kev, i.kev_due, i.kev_added,
          coalesce(c.criticality, 'unknown') as criticality, coalesce(c.exposure, 'unknown') as exposure into known
        from (select 1) as one
        left join vuln_intel i on i.cve_id = new.cve_id
        left join asset_context c on c.organization_id = new.organization_id and c.asset_id = new.asset_id;
      select s.* into policy from sla_policies s
        where s.organization_id = new.organization_id order by s.version desc limit 1;
      judged := vulns.due_of(severity, known.exposure, known.epss, known.kev, known.kev_due, known.kev_added,
        new.sla_started_at, policy);
      new.risk_score := vulns.risk_of(new.cvss_score::float8, severity, known.epss, known.kev, known.criticality,
        known.exposure, new.reachability);
      new.sla_reason := judged.reason;
      new.due_at := judged.due + make_interval(secs => new.sla_paused_seconds + waiting);
      new.at_risk_at := new.due_at
        - greatest(interval '0', judged.due - new.sla_started_at) * 0.2::float8;
      return new;
    end $$`.execute(db)
