import { z } from 'zod'
import { given, word } from './alerts.ts'
import { time } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const result = `batchId dryRun matched changed refused items { id outcome code message } operation { id }`
const byId = z.object({ id: z.string() })

/** Many alerts by one question. */
export const bulk = (): Route[] => [
  route({
    method: 'POST',
    path: '/alerts/bulk',
    needs: ['alerts:bulk', 'alerts:write'],
    operation: `mutation BulkUpdateAlerts($input: BulkUpdateAlertsInput!) {
      bulkUpdateAlerts(input: $input) { ${result} }
    }`,
    body: z.strictObject({
      ids: z.array(z.string()).max(10_000, 'At most 10000 at once').optional(),
      filter: z.record(z.string(), z.unknown(), 'Must be a filter of the graph').optional(),
      patch: z.strictObject({
        status: word('open', 'acknowledged', 'in_progress', 'on_hold', 'resolved', 'archived').optional(),
        verdict: word(
          ...(['true_positive', 'false_positive', 'benign', 'duplicate', 'test', 'disregard'] as const),
          'insufficient_data',
        ).optional(),
        reason: z.string().optional(),
        hold_until: time,
        assignee_id: z.string().nullable().optional(),
        priority: word('p1', 'p2', 'p3', 'p4').optional(),
      }),
      note: z.string().max(2_000).optional(),
      dry_run: z.boolean().optional(),
      expected_count: z.number().int().min(0).optional(),
    }),
    variables: ({ body: { ids, filter, patch, note, dry_run, expected_count } }) => {
      const { hold_until, assignee_id, ...fields } = patch
      return {
        input: given({
          ...{ ids, filter, note, dryRun: dry_run, expectedCount: expected_count },
          patch: given({ ...fields, holdUntil: hold_until, assigneeId: assignee_id }),
        }),
      }
    },
    data: ({ bulkUpdateAlerts }) => bulkUpdateAlerts,
  }),
  route({
    method: 'GET',
    path: '/alerts/bulk/:id',
    needs: 'alerts:read',
    operation: `query AlertBatch($id: ID!) { alertBatch(id: $id) { ${result} } }`,
    params: byId,
    variables: ({ params: { id } }) => ({ id }),
    data: ({ alertBatch }) => alertBatch,
  }),
  route({
    method: 'POST',
    path: '/alerts/bulk/:id/undo',
    needs: ['alerts:bulk', 'alerts:write'],
    operation: `mutation UndoBulkUpdateAlerts($input: UndoBulkUpdateAlertsInput!) {
      undoBulkUpdateAlerts(input: $input) { ${result} }
    }`,
    params: byId,
    variables: ({ params: { id } }) => ({ input: { batchId: id } }),
    data: ({ undoBulkUpdateAlerts }): Fields => undoBulkUpdateAlerts as Fields,
  }),
]
