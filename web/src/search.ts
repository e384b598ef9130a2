/** What a list shows, as its address says it. Whatever is not understood is left out. */

export const severities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO', 'UNKNOWN'] as const
export const alertStatuses = [
  'OPEN',
  'ACKNOWLEDGED',
  'IN_PROGRESS',
  'ON_HOLD',
  'SUPPRESSED',
  'RESOLVED',
  'ARCHIVED',
] as const
export const vulnerabilityStatuses = [
  'OPEN',
  'CONFIRMED',
  'IN_REMEDIATION',
  'RISK_ACCEPTED',
  'FALSE_POSITIVE',
  'NOT_AFFECTED',
  'RESOLVED',
] as const
export const controlStatuses = ['FAIL', 'WARN', 'PASS', 'NOT_ASSESSED'] as const
export const criticalities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'] as const
export const exposures = ['INTERNET', 'PARTNER', 'INTERNAL', 'ISOLATED', 'UNKNOWN'] as const
export const vulnerabilityOrders = ['SEVERITY', 'CVSS_SCORE', 'LAST_SEEN_AT', 'CREATED_AT'] as const
export const assetOrders = ['NAME', 'LAST_SEEN_AT'] as const

type Raw = Record<string, unknown>
const longestSearch = 200

function several<Value extends string>(known: readonly Value[], raw: unknown): Value[] | undefined {
  const given: unknown[] = Array.isArray(raw) ? raw : [raw]
  const found = known.filter((value) => given.includes(value))
  return found.length > 0 ? found : undefined
}

function one<Value extends string>(known: readonly Value[], raw: unknown): Value | undefined {
  return known.find((value) => value === raw)
}

// A search for digits comes out of the address as a number.
function words(raw: unknown): string | undefined {
  const text = typeof raw === 'string' || typeof raw === 'number' ? String(raw).slice(0, longestSearch) : ''
  return text.trim() === '' ? undefined : text
}

/** Without the keys that say nothing, so that the address stays short. */
function told<Search extends object>(
  search: Search,
): { [Key in keyof Search]?: Exclude<Search[Key], undefined> } {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as never
}

export const readAlerts = (raw: Raw) =>
  told({
    severity: several(severities, raw.severity),
    status: several(alertStatuses, raw.status),
    q: words(raw.q),
  })

export const readAssets = (raw: Raw) =>
  told({
    criticality: several(criticalities, raw.criticality),
    exposure: several(exposures, raw.exposure),
    q: words(raw.q),
    sort: one(assetOrders, raw.sort),
  })

export const readVulnerabilities = (raw: Raw) =>
  told({
    severity: several(severities, raw.severity),
    status: several(vulnerabilityStatuses, raw.status),
    q: words(raw.q),
    sort: one(vulnerabilityOrders, raw.sort),
    direction: one(['ASC'] as const, raw.direction),
  })

export const readControls = (raw: Raw) =>
  told({ q: words(raw.q), status: several(controlStatuses, raw.status) })
