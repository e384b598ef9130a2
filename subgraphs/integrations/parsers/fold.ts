import { createHash } from 'node:crypto'
import { checksOf } from './check.ts'
import { Kept, type Placed, type Retold, retold } from './kept.ts'
import type { AssetIdentifier, AssetType, Check, Finding, OpenReport } from './report.ts'
import { bySeverity } from './severity.ts'
import { unique } from './text.ts'

/** A finding whose key may still be shared with others of its file. */
export type Draft = {
  finding: Finding
  /** `fold`: equal keys are one finding. `number`: equal keys are several, told apart by their order. */
  collide: 'fold' | 'number'
  /** Order among equals: where it was, never part of the key itself. */
  line: number
  column: number
}

export type Told = {
  format: string
  tool: { name: string; version: string | null }
  assetName: string | null
  assetType: AssetType
  assetIdentifiers?: AssetIdentifier[]
  complete: boolean
  /** What the tool looked at and found in order. */
  checked?(): Iterable<{ finding: Finding; result: Check['result'] }>
}

/** What a parser makes of a report: it may be gone through more than once. */
export type Drafted = { told: Told; drafts: () => Iterable<Draft> }

/** How often each key is told, and whether what shares one is folded. */
type Keys = Map<string, { count: number; isFolded: boolean }>

/**
 * Reads all drafts once, so that what does not fit is found before anything is done; findings have unique keys, the
 * same whatever the order of the records. Where there is room for what was read it is not read again; else only what
 * shares its key with others is kept while one goes through them.
 * @param room for findings as JSON, in bytes
 */
export function assemble(
  { told: { checked, assetIdentifiers = [], ...told }, drafts }: Drafted,
  room: number,
): OpenReport {
  const severities = { critical: 0, high: 0, medium: 0, low: 0, info: 0, unknown: 0 }
  const keys: Keys = new Map()
  const kept = new Kept(room)
  const digest = createHash('sha256').update(JSON.stringify(told))
  let total = 0
  let isNumbered = false
  let hasChecks = false
  for (const draft of drafts()) {
    const { finding, collide, line, column } = draft
    const known = keys.get(finding.key)
    if (known) {
      known.count += 1
      isNumbered ||= !known.isFolded
    } else keys.set(finding.key, { count: 1, isFolded: collide === 'fold' })
    hasChecks ||= finding.kind === 'config'
    severities[finding.severity] += 1
    const text = JSON.stringify(finding)
    digest.update(`[${text},${line},${column}]`)
    kept.add(draft, text)
    total += 1
  }
  const folded = () => foldedOf(kept.isWhole ? kept : again(drafts()), keys)
  const findings = function* () {
    for (const each of folded()) yield each.draft().finding
  }
  const texts = function* () {
    for (const each of folded()) yield each.text()
  }
  const count = isNumbered ? countOf(folded()) : keys.size
  const payload = digest.digest('hex')
  return {
    ...told,
    assetIdentifiers,
    ...{ total, skipped: total - count, severities, payload, findings, texts },
    checks: () => checksOf(hasChecks ? findings() : [], checked?.() ?? []),
  }
}

function* again(drafts: Iterable<Draft>): Generator<Retold> {
  for (const draft of drafts) yield retold(draft)
}

function countOf(items: Iterable<unknown>): number {
  let count = 0
  for (const _ of items) count += 1
  return count
}

function* foldedOf(all: Iterable<Retold>, keys: Keys): Generator<Retold> {
  const groups = new Map<string, Placed[]>()
  for (const each of all) {
    const { key } = each
    const { count, isFolded } = keys.get(key)!
    if (count === 1) {
      yield each
      continue
    }
    const group = groups.get(key) ?? []
    groups.set(key, group)
    group.push(each.draft())
    if (group.length < count) continue
    groups.delete(key)
    for (const finding of isFolded ? [merged(group)] : numbered(group))
      yield retold({ finding, line: 0, column: 0 })
  }
}

/** Sorted by place, then by content, so that the outcome does not depend on the order in the file. */
function sorted(group: readonly Placed[]): { draft: Placed; content: string }[] {
  return group
    .map((draft) => ({ draft, content: JSON.stringify(draft.finding) }))
    .sort(
      (a, b) =>
        a.draft.line - b.draft.line ||
        a.draft.column - b.draft.column ||
        (a.content < b.content ? -1 : a.content > b.content ? 1 : 0),
    )
}

function merged(group: readonly Placed[]): Finding {
  const all = sorted(group).map(({ draft }) => draft.finding)
  const gravest = all.toSorted(
    (a, b) => bySeverity(a.severity, b.severity) || (b.cvssScore ?? -1) - (a.cvssScore ?? -1),
  )
  const [head] = gravest
  return {
    ...head!,
    ids: unique(gravest.flatMap((finding) => finding.ids)),
    fixedVersions: unique(all.flatMap((finding) => finding.fixedVersions)),
    references: unique(gravest.flatMap((finding) => finding.references)).slice(0, 50),
    cwes: unique(gravest.flatMap((finding) => finding.cwes)),
    suppressed: all.every((finding) => finding.suppressed),
  }
}

/** The first keeps the key, the others get `#2`, `#3`...; a record that repeats another in full is folded. */
function numbered(group: readonly Placed[]): Finding[] {
  const findings: Finding[] = []
  let previous = ''
  for (const { draft, content } of sorted(group)) {
    const whole = `${draft.line}:${draft.column}:${content}`
    if (whole === previous) continue
    previous = whole
    const ordinal = findings.length + 1
    const key = ordinal === 1 ? draft.finding.key : `${draft.finding.key}|#${ordinal}`
    findings.push({ ...draft.finding, key })
  }
  return findings
}
