import type { InputRef, ObjectRef } from '@pothos/core'
import { type BuilderTypes, type createBuilder, screaming } from '../builder.ts'
import type { Context } from '../context.ts'
import type { Filter } from '../filter.ts'
import { pointer } from '../refs.ts'
import type { Permission } from '../viewer.ts'
import type { Asked, Listing } from './choose.ts'
import * as course from './course.ts'
import { type Bulk, type BulkItem, type BulkResult, type BulkRow, bulkOutcomes } from './definition.ts'

type Types<Tables> = PothosSchemaTypes.ExtendDefaultTypes<BuilderTypes<Tables>>

/** What every change of many tells: the same in each subgraph. */
function resultType<Tables>(
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

export type BulkFields<Tables, Patch> = {
  /** In the plural, as types are called: `Alerts`. */
  name: string
  /** How descriptions call one and many of them. */
  words: { many: string; them: string }
  /** The query of one batch. */
  batch: string
  reads: Permission
  /** Who may change at all: each row is asked about beside. */
  authScopes: object
  filter: InputRef<NonNullable<Filter>>
  patch: InputRef<Patch>
  /** What has to be looked up of a patch before. Throws VALIDATION_ERROR and what else is wrong with it. */
  check(context: Context<Tables>, patch: Patch): Promise<void>
  listing(context: Context<Tables>, filter: NonNullable<Filter>): Promise<Listing> | Listing
}

/** `bulkUpdate<Name>`, `undoBulkUpdate<Name>` and the query of a batch, for one noun of a subgraph. */
export function addBulkFields<Tables, Of extends BulkRow, Patch extends object>(
  builder: ReturnType<typeof createBuilder<Tables>>,
  bulk: Bulk<Tables, Of, Patch>,
  of: BulkFields<Tables, Patch>,
): void {
  const { name, words, authScopes } = of
  const type = resultType(builder)
  const asked = builder.inputType(`BulkUpdate${name}Input`, {
    description: `Which ${words.many} to change, and how: either ids or a filter, 10,000 at most.`,
    fields: (t) => ({
      ids: t.idList(),
      filter: t.field({ type: of.filter as never }),
      patch: t.field({ type: of.patch as never, required: true }),
      note: t.string({ description: `Why; it stands in the journal, and at ${words.them} by it.` }),
      dryRun: t.boolean({ description: 'Tells what would become of each, and writes nothing.' }),
      expectedCount: t.int({ description: 'Refuses with CONFLICT where there are more or fewer.' }),
    }),
  })
  const taken = builder.inputType(`UndoBulkUpdate${name}Input`, {
    description: 'A batch of the last 15 minutes.',
    fields: (t) => ({ batchId: t.id({ required: true }) }),
  })
  builder.mutationFields((t) => ({
    [`bulkUpdate${name}`]: t.field({
      type: type as never,
      description: `Changes many ${words.many}, each as it may be changed by itself, and tells what became of each.`,
      authScopes,
      args: { input: t.arg({ type: asked, required: true }) },
      resolve: (async (_root: unknown, { input }: { input: Asked<Patch> }, context: Context<Tables>) => {
        await of.check(context, input.patch)
        return course.start(context, bulk, input, async () => of.listing(context, input.filter!))
      }) as never,
    }),
    [`undoBulkUpdate${name}`]: t.field({
      type: type as never,
      description: `Takes back what a batch has changed, of ${words.many} that nobody has touched since.`,
      authScopes,
      args: { input: t.arg({ type: taken, required: true }) },
      resolve: ((_root: unknown, { input }: { input: { batchId: string } }, context: Context<Tables>) =>
        course.undo(context, bulk, input.batchId)) as never,
    }),
  }))
  builder.queryField(of.batch, (t) =>
    t.field({
      type: type as never,
      description: `What became of a batch of ${words.many}, so far.`,
      authScopes: { permission: of.reads },
      args: { id: t.arg.id({ required: true }) },
      resolve: ((_root: unknown, { id }: { id: string }, context: Context<Tables>) =>
        context.tenant((trx) => course.result(trx, id))) as never,
    }),
  )
}
