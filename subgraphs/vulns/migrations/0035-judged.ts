import { type Kysely, sql } from 'kysely'
import { ingestMay } from '#kit/migration.ts'

/**
 * Findings that are added many at a time are judged all at once, by the statement that adds them. One that comes
 * without a judgement has its trigger, as before: none is stored without one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table vulns.vulnerabilities alter column risk_score drop default;
    drop trigger inherit_acceptance_added on vulns.vulnerabilities;
    create trigger inherit_acceptance_added before insert on vulns.vulnerabilities for each row
      when (new.risk_score is null and new.cve_id is not null and new.status = 'open')
      execute function vulns.inherit_acceptance();
    drop trigger judge on vulns.vulnerabilities;
    create trigger judge before update of status, severity, severity_override, override_until, cvss_score, cve_id,
      reachability, acceptance_id, accepted_from, accepted_until, due_at, risk_score
      on vulns.vulnerabilities for each row execute function vulns.judge();
    create trigger judge_added before insert on vulns.vulnerabilities for each row
      when (new.risk_score is null) execute function vulns.judge();
  `.execute(db)
  await ingestMay(db, 'vulns', 'vulnerabilities', { insert: ['risk_score', 'sla_reason', 'at_risk_at'] })
}
