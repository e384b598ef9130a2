import type { Check, Finding } from './report.ts'

/** DS002, AVD-DS-0002 and DS-0002 are one check in three generations of Trivy. */
export const checkId = (id: string): string => {
  const match = /^(?:AVD-)?([A-Z]{2,12})-?(\d{1,6})$/.exec(id.toUpperCase())
  return match ? `${match[1]}-${match[2]!.padStart(4, '0')}` : id
}

const place = ({ location, component }: Finding): string =>
  [location?.path, component?.name].filter(Boolean).join(' ')

const checkOf = (finding: Finding, result: Check['result']): Check => ({
  key: finding.key,
  ruleId: checkId(finding.ruleId ?? finding.ids[0] ?? finding.title),
  title: finding.title,
  severity: finding.severity,
  target: place(finding),
  result,
})

/**
 * What a report says of how things are set up: its misconfigurations, and what the tool looked at and found
 * in order. A check that failed at a place has not passed there, whatever else the report says.
 */
export function checksOf(
  findings: readonly Finding[],
  others: readonly { finding: Finding; result: Check['result'] }[],
): Check[] {
  const failed = findings
    .filter((finding) => finding.kind === 'config')
    .map((finding) => checkOf(finding, finding.suppressed ? 'not_applicable' : 'fail'))
  const keys = new Set(failed.map((check) => check.key))
  const more = others
    .map(({ finding, result }) => checkOf(finding, result))
    .filter(({ key }) => !keys.has(key) && keys.add(key))
  return [...failed, ...more]
}
