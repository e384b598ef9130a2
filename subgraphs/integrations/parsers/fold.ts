import { createHash } from 'node:crypto'
import { checksOf } from './check.ts'
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

/** How often each key is told, and whether what shares one is folded. */
type Keys = Map<string, { count: number; isFolded: boolean }>

/**
 * Reads all drafts once, so that what does not fit is found before anything is done; findings have unique keys, the
 * same whatever the order of the records. Only what shares its key with others is kept while one goes through them.
 */
export function assemble(
  { checked, assetIdentifiers = [], ...told }: Told,
  drafts: () => Iterable<Draft>,
): OpenReport {
  const severities = { critical: 0, high: 0, medium: 0, low: 0, info: 0, unknown: 0 }
  const keys: Keys = new Map()
  const digest = createHash('sha256').update(JSON.stringify(told))
  let total = 0
  let isNumbered = false
  let hasChecks = false
  for (const { finding, collide, line, column } of drafts()) {
    const known = keys.get(finding.key)
    if (known) {
      known.count += 1
      isNumbered ||= !known.isFolded
    } else keys.set(finding.key, { count: 1, isFolded: collide === 'fold' })
    hasChecks ||= finding.kind === 'config'
    severities[finding.severity] += 1
    digest.update(JSON.stringify([finding, line, column]))
    total += 1
  }
  const findings = () => foldedOf(drafts(), keys)
  const count = isNumbered ? countOf(findings()) : keys.size
  const payload = digest.digest('hex')
  return {
    ...told,
    assetIdentifiers,
    ...{ total, skipped: total - count, severities, payload, findings },
    checks: () => checksOf(hasChecks ? findings() : [], checked?.() ?? []),
  }
}

function countOf(items: Iterable<unknown>): number {
  let count = 0
  for (const _ of items) count += 1
  return count
}

function* foldedOf(drafts: Iterable<Draft>, keys: Keys): Generator<Finding> {
  const groups = new Map<string, Draft[]>()
  for (const draft of drafts) {
    const { key } = draft.finding
    const { count, isFolded } = keys.get(key)!
    if (count === 1) {
      yield draft.finding
      continue
    }
    const group = groups.get(key) ?? []
    groups.set(key, group)
    group.push(draft)
    if (group.length < count) continue
    groups.delete(key)
    if (isFolded) yield merged(group)
    else yield* numbered(group)
  }
}

/** Sorted by place, then by content, so that the outcome does not depend on the order in the file. */
function sorted(group: readonly Draft[]): { draft: Draft; content: string }[] {
  return group
    .map((draft) => ({ draft, content: JSON.stringify(draft.finding) }))
    .sort(
      (a, b) =>
        a.draft.line - b.draft.line ||
        a.draft.column - b.draft.column ||
        (a.content < b.content ? -1 : a.content > b.content ? 1 : 0),
    )
}

function merged(group: readonly Draft[]): Finding {
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
function numbered(group: readonly Draft[]): Finding[] {
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
