import { checksOf } from './check.ts'
import type { AssetType, Check, Finding, Report, Severity } from './report.ts'
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

export type Head = {
  format: string
  tool: { name: string; version: string | null }
  assetName: string | null
  assetType: AssetType
  complete: boolean
  /** What the tool looked at and found in order. */
  checked?: { finding: Finding; result: Check['result'] }[]
}

export function tally(drafts: readonly Draft[]): Record<Severity, number> {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, info: 0, unknown: 0 }
  for (const { finding } of drafts) counts[finding.severity]++
  return counts
}

/** Unique keys, the same whatever the order of the records. */
export function assemble(head: Head, drafts: readonly Draft[]): Report {
  const groups = new Map<string, Draft[]>()
  for (const draft of drafts) {
    const group = groups.get(draft.finding.key)
    if (group) group.push(draft)
    else groups.set(draft.finding.key, [draft])
  }
  const findings: Finding[] = []
  for (const group of groups.values()) {
    const [first] = group
    if (first && group.length === 1) findings.push(first.finding)
    else if (first?.collide === 'fold') findings.push(merged(group))
    else for (const finding of numbered(group)) findings.push(finding)
  }
  const { format, tool, assetName, assetType, complete } = head
  const total = drafts.length
  const skipped = total - findings.length
  const checks = checksOf(findings, head.checked ?? [])
  const severities = tally(drafts)
  return { format, tool, assetName, assetType, total, skipped, severities, complete, findings, checks }
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
