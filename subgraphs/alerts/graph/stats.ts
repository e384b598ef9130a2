import { buckets, sum } from '#kit/buckets.ts'
import { severities } from '#kit/severity.ts'
import * as alerts from '../model/alert.ts'
import { isOpen } from '../rules.ts'
import { statuses } from '../tables.ts'
import { builder, lists } from './builder.ts'

const Bucket = lists.bucket()

const AlertStats = builder.objectRef<alerts.Counted[]>('AlertStats').implement({
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
    resolve: (_root, _args, context) =>
      context.remember({ name: 'alertStats', keep: 'dashboard' }, () => context.tenant(alerts.count)),
  }),
)
