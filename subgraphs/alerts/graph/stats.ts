import { buckets, sum } from '#kit/buckets.ts'
import { severities } from '#kit/severity.ts'
import { nextEnd } from '../model/effective.ts'
import * as stats from '../model/stats.ts'
import { isOpen } from '../rules.ts'
import { statuses } from '../tables.ts'
import { builder, lists } from './builder.ts'

const Bucket = lists.bucket()

const AlertStats = builder.objectRef<stats.Counted[]>('AlertStats').implement({
  needs: 'alerts:read',
  description: 'How many alerts there are, by what they are.',
  fields: (t) => ({
    total: t.int({ resolve: sum }),
    open: t.int({
      description: 'Those that still ask for work: not suppressed, resolved or archived.',
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

builder.queryField('alertStats', (t) =>
  t.field({
    type: AlertStats,
    description: 'Counts over all alerts of the organization.',
    authScopes: { permission: 'alerts:read' },
    args: {
      asOf: t.arg({ type: 'DateTime', description: 'As it was then, whatever has become of them since.' }),
    },
    resolve: (_root, { asOf }, context) => {
      const now = context.clock()
      if (asOf && asOf < now) return context.tenant((trx) => stats.countAsOf(trx, asOf))
      // Rules end by themselves, and what they suppressed is open then.
      const until = () => context.tenant((trx) => nextEnd(trx, now))
      return context.remember({ name: 'alertStats', keep: 'dashboard', until }, () =>
        context.tenant((trx) => stats.count(trx, now)),
      )
    },
  }),
)
