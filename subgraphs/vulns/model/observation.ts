/** What a scanner says of a finding, as a batch names it and as the table does. */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { newId } from '#kit/id.ts'
import { contentText, dueDays, fingerprintText } from '../rules.ts'
import type { Observed } from '../tables.ts'

export type Finding = Observed & { key: string }
/** One run of one tool over one asset; `scope` is what it may close. */
export type Run = { id: string; organizationId: string; assetId: string; tool: string; scope: string }

const observed: readonly [given: string, column: string][] = [
  ['kind', 'kind'],
  ['"cveId"', 'cve_id'],
  ['aliases', 'aliases'],
  ['cwes', 'cwes'],
  ['"ruleId"', 'rule_id'],
  ['severity', 'severity'],
  ['cvss', 'cvss'],
  ['"cvssScore"', 'cvss_score'],
  ['"cvssVector"', 'cvss_vector'],
  ['title', 'title'],
  ['description', 'description'],
  ['remediation', 'remediation'],
  ['component', 'component'],
  ['location', 'location'],
  ['"fixedVersions"', 'fixed_versions'],
  ['links', 'links'],
]
const state = ['status', 'presence', 'resolution', 'reopen_count', 'resolved_at', 'due_at']

export const given = sql.raw(observed.map(([name]) => name).join(', '))
export const columns = sql.raw(observed.map(([, column]) => column).join(', '))
export const assignments = sql.raw(observed.map(([name, column]) => `${column} = i.${name}`).join(', '))
/** How long somebody has had: written by a trigger, as what stands in `kept` changes. */
const clock = ['sla_started_at', 'sla_paused_at', 'sla_paused_seconds']
const kept = [...observed.map(([, column]) => column), ...state]
/** How `v` stands before it is changed. */
export const image = sql.raw(
  `jsonb_build_object(${[...kept, ...clock].map((name) => `'${name}', v.${name}`).join(', ')})`,
)
/** The same for the clock, after that. */
export const clockRestored = sql.raw([...clock, 'due_at'].map((name) => `${name} = b.${name}`).join(', '))
/** Sets `v` back to what `b`, a record of an image, says. */
export const restored = sql.raw(kept.map((name) => `${name} = b.${name}`).join(', '))

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

export function rowOf(run: Run, { key, ...said }: Finding) {
  return {
    ...said,
    id: newId(),
    isNew: true,
    fingerprint: sha256(fingerprintText(run.assetId, said.kind, key)),
    contentHash: sha256(contentText(said)),
    due_days: dueDays[said.severity] ?? null,
  }
}
export type Row = ReturnType<typeof rowOf>

/** Rows as SQL reads them. */
export const incoming = (rows: readonly Row[]) => sql`
  select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (id uuid, "isNew" boolean,
    fingerprint text, due_days int, kind text, "cveId" text, aliases text[], cwes text[], "ruleId" text,
    severity text, cvss jsonb, "cvssScore" numeric, "cvssVector" text, title text, description text,
    remediation text, component jsonb, location jsonb, "fixedVersions" text[], links text[])`
