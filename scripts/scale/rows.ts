/** What a scale tenant holds, as SQL over `n`, the number of a row: the same rows each time, and as uneven as real ones. */

/** A number from 0 to 1, the same for the same row and salt. */
const lot = (salt: string, n = 'n') =>
  `((hashtextextended(${n}::text, ${hashOf(salt)}) & 1048575) / 1048576.0)`
const hashOf = (text: string) =>
  [...text].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 65_521, 7)

/** One of some values, each with its share of all. */
function oneOf(salt: string, shares: Readonly<Record<string, number>>): string {
  let sum = 0
  const arms = Object.entries(shares).map(([value, share]) => {
    sum += share
    return `when lot.of_${salt} < ${sum.toFixed(4)} then '${value}'`
  })
  return `case ${arms.join(' ')} else '${Object.keys(shares)[0]}' end`
}

/** UUIDs of version 7 whose time rises with the row. */
const idOf = (kind: string, n: string) =>
  `('01980000-${kind}-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`

const kinds = { asset: 'a55e', finding: 'f1d0', alert: 'a1e7' }
const severities = { critical: 0.04, high: 0.16, medium: 0.38, low: 0.34, info: 0.06, unknown: 0.02 }
/** A few assets have most of what there is to find. */
const assetOf = (assets: number) =>
  idOf(kinds.asset, `(1 + floor(${assets} * power(lot.of_asset, 3)))::bigint`)

const names = `(array['web', 'api', 'db', 'cache', 'queue', 'ci', 'mail', 'proxy', 'build', 'auth'])`
const components = `(array['openssl', 'log4j-core', 'bash', 'curl', 'zlib', 'glibc', 'nginx', 'expat', 'libxml2',
  'busybox', 'sqlite', 'python', 'golang', 'openjdk', 'tomcat', 'jackson', 'lodash', 'express', 'django', 'rails'])`
const weaknesses = `(array['buffer overflow', 'remote code execution', 'denial of service', 'path traversal',
  'information disclosure', 'use after free', 'privilege escalation'])`
const detections = `(array['Sign-in from an unusual country', 'Malware was quarantined', 'Port scan from inside',
  'Impossible travel', 'New admin was made', 'Data left by DNS', 'Shell was started by a web server',
  'Many failed sign-ins', 'Known bad address was contacted', 'Log was cleared'])`
const pick = (list: string, salt: string) =>
  `${list}[1 + floor(array_length(${list}, 1) * lot.of_${salt})::int]`

export type Kind = 'assets' | 'vulnerabilities' | 'alerts'
type Made = { table: string; lots: readonly string[]; columns: Readonly<Record<string, string>> }

/** The columns of a table, each from the row's number and its lots. */
const made = (assets: number): Record<Kind, Made> => ({
  assets: {
    table: 'assets.assets',
    lots: ['type', 'environment', 'criticality', 'exposure', 'risk', 'age'],
    columns: {
      id: idOf(kinds.asset, 'n'),
      external_id: `'ext-' || n`,
      name: `${names}[1 + n % 10] || '-' || lpad(n::text, 6, '0')`,
      type: oneOf('type', { host: 0.4, container_image: 0.3, repository: 0.15, cloud_resource: 0.15 }),
      environment: oneOf('environment', { production: 0.5, staging: 0.2, development: 0.2, unknown: 0.1 }),
      criticality: oneOf('criticality', { critical: 0.05, high: 0.15, medium: 0.4, low: 0.2, unknown: 0.2 }),
      exposure: oneOf('exposure', {
        internet: 0.1,
        partner: 0.05,
        internal: 0.6,
        isolated: 0.05,
        unknown: 0.2,
      }),
      risk_score: 'floor(100 * power(lot.of_risk, 2))::int',
      ...times('age'),
    },
  },
  vulnerabilities: {
    table: 'vulns.vulnerabilities',
    lots: ['asset', 'severity', 'cve', 'component', 'weakness', 'status', 'age', 'score'],
    columns: {
      id: idOf(kinds.finding, 'n'),
      asset_id: assetOf(assets),
      fingerprint: `md5('finding' || n) || md5(n::text)`,
      kind: `'package'`,
      cve_id: `'CVE-' || (2012 + floor(14 * lot.of_cve))::int || '-' || (1000 + floor(40000 * power(lot.of_score, 2)))::int`,
      severity: oneOf('severity', severities),
      cvss_score: 'round((10 * lot.of_score)::numeric, 1)',
      title: `${pick(components, 'component')} || ': ' || ${pick(weaknesses, 'weakness')} || ' in ' || substr(md5(n::text), 1, 8)`,
      status: oneOf('status', { open: 0.6, confirmed: 0.08, in_remediation: 0.07, resolved: 0.25 }),
      resolution: `case when lot.of_status >= 0.75 then 'fixed' end`,
      presence: `case when lot.of_status >= 0.75 then 'absent' else 'present' end`,
      resolved_at: `case when lot.of_status >= 0.75 then ${ago('age', 0.5)} end`,
      due_at: `${ago('age', 1)} + interval '30 days'`,
      risk_score: 'floor(100 * power(lot.of_score, 2))::int',
      sla_started_at: ago('age', 1),
      ...times('age'),
    },
  },
  alerts: {
    table: 'alerts.alerts',
    lots: ['asset', 'severity', 'status', 'detection', 'age'],
    columns: {
      id: idOf(kinds.alert, 'n'),
      asset_id: assetOf(assets),
      severity: oneOf('severity', severities),
      status: oneOf('status', { open: 0.15, acknowledged: 0.05, in_progress: 0.05, archived: 0.75 }),
      title: `${pick(detections, 'detection')} || ' (' || substr(md5(n::text), 1, 8) || ')'`,
      source: `(array['edr', 'siem', 'cloud-trail', 'ids'])[1 + n % 4]`,
      source_ref: `'ref-' || n`,
      fingerprint: `md5('alert' || n) || md5(n::text)`,
      acknowledged_at: `case when lot.of_status >= 0.15 then ${ago('age', 0.9)} end`,
      resolved_at: `case when lot.of_status >= 0.25 then ${ago('age', 0.5)} end`,
      first_resolved_at: `case when lot.of_status >= 0.25 then ${ago('age', 0.5)} end`,
      verdict: `case when lot.of_status >= 0.25 then 'benign' end`,
      ack_due_at: `${ago('age', 1)} + interval '4 hours'`,
      resolve_due_at: `${ago('age', 1)} + interval '72 hours'`,
      sla_due_at: `case when lot.of_status >= 0.25 then timestamptz '9999-12-31' else ${ago('age', 1)} + interval '72 hours' end`,
      ...times('age'),
    },
  },
})

/** Some time in the last two years, with most of it not long ago; `part` of the way from then to now. */
const ago = (salt: string, part: number) =>
  `(timestamptz '2026-11-01' - interval '730 days' * power(lot.of_${salt}, 2) * ${part})`
const times = (salt: string) => ({
  first_seen_at: ago(salt, 1),
  created_at: ago(salt, 1),
  last_seen_at: ago(salt, 0.1),
  updated_at: ago(salt, 0.1),
})

/** The statement that makes rows `from` to `to` of a kind. */
export function insertOf(kind: Kind, assets: number): string {
  const { table, lots, columns } = made(assets)[kind]
  const drawn = lots.map((salt) => `${lot(salt)} as of_${salt}`).join(', ')
  const names = Object.keys(columns).join(', ')
  const values = Object.values(columns).join(',\n    ')
  return `insert into ${table} (organization_id, ${names})
    select $1::uuid,\n    ${values}
    from generate_series($2::bigint, $3::bigint) n cross join lateral (select ${drawn}) lot`
}
