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
export function* checksOf(
  findings: Iterable<Finding>,
  others: Iterable<{ finding: Finding; result: Check['result'] }>,
): Generator<Check> {
  const keys = new Set<string>()
  for (const finding of findings) {
    if (finding.kind !== 'config') continue
    keys.add(finding.key)
    yield checkOf(finding, finding.suppressed ? 'not_applicable' : 'fail')
  }
  for (const { finding, result } of others) {
    const check = checkOf(finding, result)
    if (keys.has(check.key)) continue
    keys.add(check.key)
    yield check
  }
}
