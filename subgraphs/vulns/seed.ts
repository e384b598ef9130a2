import { type Db, inTenant } from '#kit/database.ts'
import type { Demo } from '#kit/subgraph.ts'
import * as findings from './model/finding.ts'
import type { Observed, Tables } from './tables.ts'

type Told = Pick<Observed, 'title' | 'severity' | 'cveId' | 'cvssScore' | 'remediation'> & {
  asset: string
  component: string
  version: string
  fixed: string[]
}

const cast: Told[] = [
  {
    title: 'Log4Shell: remote code execution in log4j-core',
    severity: 'critical',
    cveId: 'CVE-2021-44228',
    cvssScore: 10,
    remediation: 'Update log4j-core to 2.17.1 or later.',
    asset: 'shop-api',
    component: 'log4j-core',
    version: '2.14.1',
    fixed: ['2.17.1'],
  },
  {
    title: 'Heartbleed: OpenSSL reads beyond its buffer',
    severity: 'high',
    cveId: 'CVE-2014-0160',
    cvssScore: 7.5,
    remediation: 'Update openssl to 1.0.1g or later.',
    asset: 'web-01',
    component: 'openssl',
    version: '1.0.1f',
    fixed: ['1.0.1g'],
  },
  {
    title: 'Shellshock: bash runs commands from variables',
    severity: 'critical',
    cveId: 'CVE-2014-6271',
    cvssScore: 9.8,
    remediation: 'Update bash.',
    asset: 'ci-runner',
    component: 'bash',
    version: '4.2',
    fixed: ['4.3'],
  },
]

const observed = ({ asset: _, component, version, fixed, ...told }: Told): findings.Finding => ({
  ...told,
  key: `${told.cveId}|pkg:generic/${component}`,
  kind: 'package',
  aliases: [told.cveId!],
  cwes: [],
  ruleId: null,
  cvss: [],
  cvssVector: null,
  description: null,
  component: { name: component, version, purl: `pkg:generic/${component}@${version}`, path: null },
  location: null,
  fixedVersions: fixed,
  links: [],
})

/** The demo's findings, as if a scan of each asset had reported them. */
export async function seed(db: Db<Tables>, { organizations, idOf }: Demo): Promise<void> {
  for (const { id: organizationId, slug } of organizations) {
    for (const [name, told] of Map.groupBy(cast, (each) => each.asset)) {
      const assetId = idOf(slug, 'asset', name)
      const run = {
        id: idOf(slug, 'run', name),
        organizationId,
        assetId,
        tool: 'demo',
        scope: `demo/${assetId}`,
      }
      await inTenant(db, { organizationId }, async (trx) => {
        await findings.apply(trx, run, 0, told.map(observed))
        // The next round has assets say what it is worth.
        await trx
          .insertInto('assetContext')
          .values({ organizationId, assetId, toldScore: 0, placedAt: null })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      })
    }
  }
}
