import { buckets, sum } from '#kit/buckets.ts'
import { severities } from '#kit/severity.ts'
import * as vulnerabilities from '../model/vulnerability.ts'
import { isOpen } from '../rules.ts'
import { statuses } from '../tables.ts'
import { builder, lists } from './builder.ts'

const Bucket = lists.bucket()

const VulnerabilityStats = builder.objectRef<vulnerabilities.Counted[]>('VulnerabilityStats').implement({
  needs: 'vulnerabilities:read',
  description: 'How many findings there are, by what they are.',
  fields: (t) => ({
    total: t.int({ resolve: sum }),
    open: t.int({
      description: 'Those that are open risk.',
      resolve: (rows) => sum(rows.filter((row) => isOpen(row.status))),
    }),
    bySeverity: t.field({
      type: [Bucket],
      description: 'The open ones, worst first.',
      resolve: (rows) =>
        buckets(
          rows.filter((row) => isOpen(row.status)),
          'severity',
          severities,
        ),
    }),
    byStatus: t.field({ type: [Bucket], resolve: (rows) => buckets(rows, 'status', statuses) }),
  }),
})

builder.queryField('vulnerabilityStats', (t) =>
  t.field({
    type: VulnerabilityStats,
    description: 'Counts over all findings of the organization.',
    authScopes: { permission: 'vulnerabilities:read' },
    resolve: (_root, _args, { tenant, clock, remember }) => {
      const at = clock()
      const until = () => tenant((trx) => vulnerabilities.nextLapse(trx, at))
      return remember({ name: 'vulnerabilityStats', keep: 'dashboard', until }, () =>
        tenant((trx) => vulnerabilities.count(trx, at)),
      )
    },
  }),
)
