import { buckets, sum } from '#kit/buckets.ts'
import { severities } from '#kit/severity.ts'
import * as history from '../model/history.ts'
import * as vulnerabilities from '../model/vulnerability.ts'
import { isOpen } from '../rules.ts'
import { statuses } from '../tables.ts'
import { builder, lists } from './builder.ts'

const Bucket = lists.bucket()

/** `asOf` is null of what is now. */
type Stats = { counted: vulnerabilities.Counted[]; asOf: Date | null }

const VulnerabilityStats = builder.objectRef<Stats>('VulnerabilityStats').implement({
  needs: 'vulnerabilities:read',
  description: 'How many findings there are, by what they are.',
  fields: (t) => ({
    total: t.int({ resolve: ({ counted }) => sum(counted) }),
    open: t.int({
      description: 'Those that are open risk.',
      resolve: ({ counted }) => sum(counted.filter((row) => isOpen(row.status))),
    }),
    bySeverity: t.field({
      type: [Bucket],
      description: 'The open ones, worst first.',
      resolve: ({ counted }) =>
        buckets(
          counted.filter((row) => isOpen(row.status)),
          'severity',
          severities,
        ),
    }),
    byStatus: t.field({
      type: [Bucket],
      resolve: ({ counted }) => buckets(counted, 'status', statuses),
    }),
    mttrSeconds: t.float({
      nullable: true,
      description:
        'From first seen to fixed, on average over those that stand as fixed; null where none does.',
      resolve: ({ asOf }, _args, { tenant, remember }) => {
        const find = () => tenant((trx) => history.meanTimeToFix(trx, asOf))
        return asOf ? find() : remember({ name: 'vulnerabilityMttr', keep: 'dashboard' }, find)
      },
    }),
  }),
})

builder.queryField('vulnerabilityStats', (t) =>
  t.field({
    type: VulnerabilityStats,
    description: 'Counts over all findings of the organization.',
    authScopes: { permission: 'vulnerabilities:read' },
    args: {
      asOf: t.arg({ type: 'DateTime', description: 'As it was then, whatever has become of them since.' }),
    },
    resolve: async (_root, { asOf }, { tenant, clock, remember }) => {
      const at = clock()
      if (asOf && asOf < at) return { counted: await tenant((trx) => history.countAsOf(trx, asOf)), asOf }
      const until = () => tenant((trx) => vulnerabilities.nextLapse(trx, at))
      const counted = await remember({ name: 'vulnerabilityStats', keep: 'dashboard', until }, () =>
        tenant((trx) => vulnerabilities.count(trx, at)),
      )
      return { counted, asOf: null }
    },
  }),
)
