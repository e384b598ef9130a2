/** A search of one tenant's 500,000 findings: ours, plain ILIKE under row level security, and without that. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inTenant, openDatabase } from '#kit/database.ts'
import { startPostgres } from '#kit/embedded.ts'
import { newId } from '#kit/id.ts'
import { createLog } from '#kit/log.ts'
import { migrate } from '#kit/migration.ts'
import { page } from '#kit/page.ts'
import { vulns } from '../../subgraphs/vulns/index.ts'
import { specAt } from '../../subgraphs/vulns/model/vulnerability.ts'
import type { Tables, VulnerabilityRow } from '../../subgraphs/vulns/tables.ts'

const count = Number(process.argv[2] ?? 500_000)
const rounds = 20
const terms = ['c4ca4238', 'CVE-2021-44228', 'openssl', 'in abc', 'CVE-20', 'aa', 'zl', 'nothing-like-it']

const dataDir = mkdtempSync(join(tmpdir(), 'nexus-bench-search-'))
const postgres = await startPostgres({ dataDir, durable: false })
const owner = new pg.Client({ connectionString: postgres.url })
try {
  await owner.connect()
  const log = createLog('bench', 'warn')
  const passwordOf = () => newId()
  const { url } = await migrate({
    ...{ url: postgres.url, schema: 'vulns', migrations: vulns.migrations, passwordOf, log },
  })
  const organizationId = newId()
  await owner.query(
    `insert into vulns.vulnerabilities
      (id, organization_id, asset_id, fingerprint, kind, cve_id, severity, title)
    select ('01990000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, $1, md5(n::text), 'package',
      'CVE-' || (2000 + n % 25) || '-' || (1000 + n % 90000),
      (array['critical', 'high', 'medium', 'low', 'info'])[1 + n % 5],
      (array['openssl', 'log4j', 'bash', 'curl', 'zlib', 'glibc', 'nginx', 'expat'])[1 + n % 8] || ': ' ||
      (array['buffer overflow', 'remote code execution', 'denial of service'])[1 + n / 8 % 3] ||
      ' in ' || substr(md5(n::text), 1, 8)
    from generate_series(1, ${count}) n`,
    [organizationId],
  )
  await owner.query('vacuum analyze vulns.vulnerabilities')
  const db = openDatabase<Tables>({ url, schema: 'vulns', log })
  const above = openDatabase<Tables>({ url: postgres.url, schema: 'vulns', log })
  const search = { kind: 'search', columns: ['title', 'cveId'] } as const
  const spec = specAt(new Date())
  const plain = { ...spec, filter: { ...spec.filter, search } }
  const ways = {
    ours: [db, spec],
    'plain, row level security': [db, plain],
    'plain, none': [above, plain],
  } as const
  console.log(`${count} findings of one tenant, ${rounds} times each, a page of 20; milliseconds`)
  const all: Record<string, number[]> = {}
  for (const term of terms) {
    for (const [way, [of, list]] of Object.entries(ways)) {
      const times: number[] = []
      for (let round = 0; round < (way === 'ours' ? rounds : 3); round += 1) {
        const from = performance.now()
        await inTenant(of, { organizationId }, (trx) =>
          page<VulnerabilityRow>(trx, list, { filter: { search: term } }, async () => 0),
        )
        times.push(performance.now() - from)
      }
      all[way] = [...(all[way] ?? []), ...times]
      console.log(`  ${term.padEnd(16)} ${way.padEnd(26)} ${figures(times)}`)
    }
  }
  for (const [way, times] of Object.entries(all)) console.log(`${way.padEnd(26)} ${figures(times)}`)
  await db.destroy()
  await above.destroy()
} finally {
  await owner.end()
  await postgres.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

function figures(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!.toFixed(1)
  return `p50 ${at(0.5)}, p95 ${at(0.95)}`
}
