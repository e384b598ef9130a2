import { listOf, one } from '#kit/lookup.ts'
import { to } from '#kit/refs.ts'
import * as savedMetrics from '../model/saved-metric.ts'
import type { SavedMetricRow } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { Metric } from './metric.ts'
import { User } from './refs.ts'

const SavedMetric = builder.objectRef<SavedMetricRow>('SavedMetric').implement({
  needs: 'reports:read',
  description: 'A metric as somebody has put it together for everybody.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    metric: t.exposeString('metric', { description: 'The name of the metric, such as alerts.mtta.' }),
    filter: t.field({ type: 'JSON', resolve: ({ filter }) => filter }),
    groupBy: t.exposeString('dimension', { nullable: true }),
    days: t.exposeInt('days', { nullable: true, description: 'It is over the last so many days.' }),
    compares: t.exposeBoolean('compares', {
      description: 'Whether it tells of the days before these as well.',
    }),
    createdBy: t.field({ type: User, nullable: true, resolve: ({ createdBy }) => to(createdBy) }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    result: t.field({
      type: Metric,
      nullable: true,
      description: 'What it says now. It takes the permission to read what is counted.',
      resolve: (row, _args, context) => savedMetrics.result(context, row),
    }),
  }),
})

const SavedMetricConnection = lists.connection(SavedMetric)
const SavedMetricFilter = builder.inputType('SavedMetricFilter', {
  description: 'Which of the metrics that people have put together to list.',
  fields: (t) => ({ metric: t.stringList() }),
})
const listArgs = lists.args(SavedMetricFilter, lists.order('SavedMetric', savedMetrics.spec))

builder.queryFields((t) => ({
  savedMetric: t.field({
    type: SavedMetric,
    nullable: true,
    description: 'One metric that was put together, or null.',
    authScopes: { permission: 'reports:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => one(context, 'saved-metric', id, savedMetrics.find),
  }),
  savedMetrics: t.field({
    type: SavedMetricConnection,
    description: 'The metrics that people of the organization have put together, newest first.',
    authScopes: { permission: 'reports:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) =>
      listOf(context, savedMetrics.spec, { ...args, filter: { ...args.filter, live: true } }),
  }),
}))

const SavedMetricPayload = builder
  .objectRef<{ savedMetric: SavedMetricRow }>('SavedMetricPayload')
  .implement({
    needs: 'inherited',
    description: 'A metric that was put together, after the change.',
    fields: (t) => ({
      // Who puts it together is shown it.
      savedMetric: t.field({ type: SavedMetric, needs: 'reports:create', resolve: (of) => of.savedMetric }),
    }),
  })
const CreateSavedMetricInput = builder.inputType('CreateSavedMetricInput', {
  description: 'A metric, what it counts and how it is shown.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'What people call it; each name once.' }),
    metric: t.string({ required: true }),
    filter: t.field({ type: 'JSON' }),
    groupBy: t.string(),
    days: t.int({ description: 'The last so many days, 1 to 400; all of it unless said.' }),
    compares: t.boolean({ description: 'Whether it tells of the days before these as well.' }),
  }),
})
const RemoveSavedMetricInput = builder.inputType('RemoveSavedMetricInput', {
  description: 'A metric that nobody needs any more.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})

builder.mutationFields((t) => ({
  createSavedMetric: t.field({
    type: SavedMetricPayload,
    description: 'Puts a metric together for everybody; it has to be one that can be measured now.',
    authScopes: { permission: 'reports:create' },
    args: { input: t.arg({ type: CreateSavedMetricInput, required: true }) },
    resolve: async (_root, { input }, context) => ({
      savedMetric: await savedMetrics.add(context, {
        name: input.name,
        metric: input.metric,
        filter: (input.filter ?? {}) as Record<string, unknown>,
        dimension: input.groupBy ?? null,
        days: input.days ?? null,
        compares: input.compares ?? false,
      }),
    }),
  }),
  removeSavedMetric: t.field({
    type: SavedMetricPayload,
    description: 'Ends a metric that was put together.',
    authScopes: { permission: 'reports:create' },
    args: { input: t.arg({ type: RemoveSavedMetricInput, required: true }) },
    resolve: async (_root, { input }, context) => ({
      savedMetric: await context.tenant((trx) => savedMetrics.remove(trx, input.id, context.clock())),
    }),
  }),
}))
