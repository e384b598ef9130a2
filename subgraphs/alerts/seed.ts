import { type Db, inTenant } from '#kit/database.ts'
import type { Severity } from '#kit/severity.ts'
import type { Demo } from '#kit/subgraph.ts'
import * as alerts from './model/alert.ts'
import { fingerprintOf } from './model/fingerprint.ts'
import { priorityOf } from './rules/recurrence.ts'
import { dues, inForce } from './rules/sla.ts'
import type { AlertStatus, Tables } from './tables.ts'

type Told = {
  title: string
  severity: Severity
  status: AlertStatus
  asset: string
  source: string
  hoursAgo: number
}

const cast: Told[] = [
  {
    title: 'Shell spawned by the web server',
    severity: 'critical',
    status: 'open',
    asset: 'web-01',
    source: 'falco',
    hoursAgo: 1,
  },
  {
    title: 'Sign-in from a country never seen before',
    severity: 'high',
    status: 'open',
    asset: 'shop-api',
    source: 'okta',
    hoursAgo: 3,
  },
  {
    title: 'Database dump by an unusual account',
    severity: 'high',
    status: 'acknowledged',
    asset: 'db-01',
    source: 'guardduty',
    hoursAgo: 8,
  },
  {
    title: 'Port scan from the internet',
    severity: 'medium',
    status: 'open',
    asset: 'web-01',
    source: 'suricata',
    hoursAgo: 12,
  },
  {
    title: 'Runner downloads from an unknown host',
    severity: 'low',
    status: 'resolved',
    asset: 'ci-runner',
    source: 'falco',
    hoursAgo: 72,
  },
]
const hour = 3_600_000

/** The demo's alerts, about the demo's assets. */
export async function seed(db: Db<Tables>, { organizations, idOf, now }: Demo): Promise<void> {
  for (const { id: organizationId, slug } of organizations) {
    const rows = cast.map(({ asset, hoursAgo, ...told }) => {
      const seen = new Date(now.getTime() - hoursAgo * hour)
      const row = {
        ...told,
        id: idOf(slug, 'alert', told.title),
        organizationId,
        assetId: idOf(slug, 'asset', asset),
        description: `${told.title}, on ${asset} of ${slug}.`,
        sourceRef: `${told.source}-${hoursAgo}`,
        metadata: { demo: true },
        firstSeenAt: seen,
        lastSeenAt: seen,
        createdAt: seen,
        priority: priorityOf(told.severity),
        acknowledgedAt: told.status === 'acknowledged' ? now : null,
        resolvedAt: told.status === 'resolved' ? now : null,
        firstResolvedAt: told.status === 'resolved' ? now : null,
        verdict: told.status === 'resolved' ? ('benign' as const) : null,
        ...dues(told.severity, seen),
      }
      return { ...row, ...inForce(row), fingerprint: fingerprintOf(row) }
    })
    await inTenant(db, { organizationId }, (trx) => alerts.add(trx, rows))
  }
}
