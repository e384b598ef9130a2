import { type RawBuilder, sql } from 'kysely'
import type { FilterSpec, TimeRange } from '#kit/filter.ts'
import { type Severity, severities } from '#kit/severity.ts'
import type { SlaState, Status } from '../tables.ts'

type Condition = RawBuilder<boolean>

const rankOf = (severity: Severity) => severities.length - 1 - severities.indexOf(severity)
const anyOf = (conditions: readonly Condition[]): Condition =>
  conditions.length > 0 ? sql<boolean>`(${sql.join(conditions, sql` or `)})` : sql<boolean>`false`
const within = (column: string, { from, to }: TimeRange): Condition => sql<boolean>`
  (${from ? sql`${sql.ref(column)} >= ${from}` : sql`true`} and ${to ? sql`${sql.ref(column)} < ${to}` : sql`true`})`

/** How a finding stands at a time, in SQL, as `statusAt` and `severityAt` say it of a row. */
export const live = (at: Date): Condition => sql<boolean>`(accepted_from <= ${at} and accepted_until > ${at})`
export const statusSql = (at: Date) =>
  sql<Status>`case when status = 'risk_accepted' and not ${live(at)} then 'confirmed' else status end`
export const severitySql = (at: Date) =>
  sql<Severity>`case when severity_override is not null and coalesce(override_until > ${at}, true)
    then severity_override else severity end`

// What is stored comes first, so that one index answers it, with the times of acceptances beside the status.
function status(values: readonly Status[], at: Date): Condition {
  const [confirmed, accepted] = [values.includes('confirmed'), values.includes('risk_accepted')]
  const stored = confirmed && !accepted ? [...values, 'risk_accepted'] : values
  const known = sql<boolean>`status = any(${stored}::text[])`
  if (confirmed === accepted) return known
  return sql<boolean>`(${known} and (status <> 'risk_accepted' or ${accepted ? live(at) : sql`not ${live(at)}`}))`
}

/**
 * The index knows the rank of what was said last: overrides that have lapsed meanwhile stand at ranks of their own,
 * which `lapsed` names, so that the range holds all that may be meant.
 */
function severity(values: readonly Severity[], at: Date, lapsed: readonly number[]): Condition {
  if (values.length === 0) return sql<boolean>`false`
  const ranks = [...values.map(rankOf), ...lapsed]
  return sql<boolean>`(severity_rank between ${Math.min(...ranks)} and ${Math.max(...ranks)}
    and ${severitySql(at)} = any(${values}::text[]))`
}

/** As `slaStateOf` says it of a row. */
function slaState(values: readonly SlaState[], at: Date): Condition {
  const settled = sql<boolean>`due_at is not null and resolution is distinct from 'withdrawn'`
  const running = sql<boolean>`(${settled} and ${status(['open', 'confirmed', 'in_remediation'], at)})`
  const states: Record<SlaState, Condition> = {
    none: sql<boolean>`not (${settled})`,
    met: sql<boolean>`(${settled} and status = 'resolved' and resolved_at <= due_at)`,
    missed: sql<boolean>`(${settled} and status = 'resolved' and not coalesce(resolved_at <= due_at, false))`,
    paused: sql<boolean>`(${settled} and ${status(['risk_accepted', 'false_positive', 'not_affected'], at)})`,
    breached: sql<boolean>`(${running} and due_rank <= ${at})`,
    at_risk: sql<boolean>`(${running} and due_rank > ${at} and at_risk_at <= ${at})`,
    on_track: sql<boolean>`(${running} and due_rank > ${at} and at_risk_at > ${at})`,
  }
  return anyOf(values.map((value) => states[value]))
}

const kevListed = sql`select cve_id from vuln_intel where kev_listed`

/** What findings are filtered by, at a time. `lapsed` are the ranks at which lapsed overrides stand. */
export const filterAt = (at: Date, lapsed: readonly number[] = [0, severities.length - 1]): FilterSpec => ({
  unmerged: { kind: 'always', where: sql<boolean>`merged_into is null` },
  severity: { kind: 'custom', where: (values: Severity[]) => severity(values, at, lapsed) },
  status: { kind: 'custom', where: (values: Status[]) => status(values, at) },
  presence: { kind: 'enum', column: 'presence' },
  kind: { kind: 'enum', column: 'kind' },
  assetId: { kind: 'id', column: 'assetId' },
  cveId: { kind: 'string', column: 'cveId' },
  assigneeId: { kind: 'id', column: 'assigneeId' },
  acceptanceId: { kind: 'id', column: 'acceptanceId' },
  reachability: { kind: 'enum', column: 'reachability' },
  riskScore: { kind: 'number', column: 'riskScore' },
  slaState: { kind: 'custom', where: (values: SlaState[]) => slaState(values, at) },
  slaReason: { kind: 'enum', column: 'slaReason' },
  dueAt: {
    kind: 'custom',
    where: (range: TimeRange) => sql<boolean>`(${within('due_rank', range)} and due_at is not null)`,
  },
  kev: {
    kind: 'custom',
    where: (wanted: boolean) =>
      wanted
        ? sql<boolean>`cve_id in (${kevListed})`
        : sql<boolean>`coalesce(cve_id not in (${kevListed}), true)`,
  },
  minEpss: {
    kind: 'custom',
    where: (least: number) => sql<boolean>`cve_id in (select cve_id from vuln_intel where epss >= ${least})`,
  },
  search: { kind: 'search', columns: ['title', 'cveId'], index: 'search_vulnerabilities' },
  createdAt: { kind: 'time', column: 'createdAt' },
  resolution: { kind: 'enum', column: 'resolution' },
  firstSeenAt: { kind: 'time', column: 'firstSeenAt' },
  resolvedAt: { kind: 'time', column: 'resolvedAt' },
})
