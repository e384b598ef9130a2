import type { ObjectRef } from '@pothos/core'
import { type BuilderTypes, type createBuilder, screaming } from './builder.ts'
import { type BulkItem, type BulkResult, bulkOutcomes } from './bulk.ts'
import { pointer } from './refs.ts'

type Types<Tables> = PothosSchemaTypes.ExtendDefaultTypes<BuilderTypes<Tables>>

/** What every change of many tells: the same in each subgraph. */
export function bulkTypes<Tables>(
  builder: ReturnType<typeof createBuilder<Tables>>,
): ObjectRef<Types<Tables>, BulkResult> {
  const outcome = builder.enumType('BulkOutcome', {
    description: 'What became of one of many. UNCHANGED: it was so already.',
    values: screaming(bulkOutcomes),
  })
  const item = builder.objectRef<BulkItem>('BulkItem').implement({
    needs: 'inherited',
    description: 'What became of one of many.',
    shareable: true,
    fields: (t) => ({
      id: t.exposeID('id'),
      outcome: t.field({ type: outcome, resolve: (of) => of.outcome }),
      code: t.exposeString('code', { nullable: true, description: 'Why it was refused, for programs.' }),
      message: t.exposeString('message', { nullable: true, description: 'Why it was refused, for people.' }),
    }),
  })
  const operation = pointer(builder, 'Operation')
  return builder.objectRef<BulkResult>('BulkResult').implement({
    needs: 'inherited',
    description: 'What became of many.',
    shareable: true,
    fields: (t) => ({
      batchId: t.exposeID('batchId', {
        nullable: true,
        description: 'By which it is read again, and undone for 15 minutes; a trial has none.',
      }),
      dryRun: t.exposeBoolean('dryRun', { description: 'Nothing was written.' }),
      matched: t.exposeInt('matched', { description: 'How many there are of those that were asked for.' }),
      changed: t.exposeInt('changed'),
      refused: t.exposeInt('refused'),
      items: t.field({
        type: [item],
        description: 'What became of each, those that were refused first; at most 500.',
        resolve: (of) => of.items,
      }),
      operation: t.field({
        type: operation as never,
        nullable: true,
        description: 'By which to follow it, where there are so many that it goes on after the answer.',
        resolve: (of) => (of.operationId === null ? null : { id: of.operationId }) as never,
      }),
    }),
  }) as never
}
