import { screaming } from '#kit/builder.ts'
import { type Linked, type Measured, units } from '#kit/metric/definition.ts'
import * as metrics from '../model/metric.ts'
import { builder } from './builder.ts'

const MetricUnit = builder.enumType('MetricUnit', {
  description: 'What the value of a metric is: a COUNT, SECONDS, a RATIO of 0 to 1, or a SCORE of 0 to 100.',
  values: screaming(units),
})

const MetricDefinition = builder.objectRef<metrics.Defined>('MetricDefinition').implement({
  needs: 'inherited',
  description: 'A metric that can be asked for.',
  fields: (t) => ({
    name: t.exposeString('name'),
    description: t.exposeString('description'),
    unit: t.field({ type: MetricUnit, resolve: ({ unit }) => unit as (typeof units)[number] }),
    list: t.exposeString('list', { description: 'The field that lists what it counts.' }),
    time: t.exposeString('time', { description: 'The filter of that list that a period narrows.' }),
    groups: t.exposeStringList('groups', { description: 'What it can be grouped by.' }),
  }),
})

const DrillDown = builder.objectRef<Linked['drillDown']>('DrillDown').implement({
  needs: 'inherited',
  description: 'Where exactly those are listed that were counted.',
  fields: (t) => ({
    list: t.exposeString('list', { description: 'The field that lists them, such as alerts.' }),
    filter: t.field({ type: 'JSON', description: 'Its filter.', resolve: ({ filter }) => filter }),
  }),
})

const MetricPoint = builder.objectRef<Measured['series'][number]>('MetricPoint').implement({
  needs: 'inherited',
  description: 'The figure of one day.',
  fields: (t) => ({
    day: t.exposeString('day', { description: 'Such as 2026-01-31, UTC.' }),
    value: t.exposeFloat('value', {
      nullable: true,
      description: 'Null where nothing was counted, or where nobody knows.',
    }),
    n: t.exposeInt('n'),
  }),
})

const MetricValue = builder.objectRef<metrics.Previous>('MetricValue').implement({
  needs: 'inherited',
  description: 'One figure, and what it was made of.',
  fields: (t) => ({
    value: t.exposeFloat('value', { nullable: true, description: 'Null where nothing was counted.' }),
    n: t.exposeInt('n', { description: 'How many it is made of; the list has as many.' }),
    p50: t.exposeFloat('p50', { nullable: true, description: 'The median, of means alone.' }),
    p90: t.exposeFloat('p90', { nullable: true, description: 'Nine of ten are not above it.' }),
    series: t.field({
      type: [MetricPoint],
      description: 'Each day of that period, where it was grouped by day.',
      resolve: ({ series }) => series,
    }),
    drillDown: t.field({ type: DrillDown, resolve: ({ drillDown }) => drillDown }),
  }),
})

type Grouped = Measured['groups'][number]
const MetricGroup = builder.objectRef<Grouped>('MetricGroup').implement({
  needs: 'inherited',
  description: 'The figure of those that share one key.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'In lower case; of an asset, its id.' }),
    value: t.exposeFloat('value', { nullable: true, description: 'Null where nothing was counted.' }),
    n: t.exposeInt('n'),
    p50: t.exposeFloat('p50', { nullable: true }),
    p90: t.exposeFloat('p90', { nullable: true }),
    drillDown: t.field({ type: DrillDown, resolve: ({ drillDown }) => drillDown }),
  }),
})

export const Metric = builder.objectRef<metrics.Answered>('Metric').implement({
  needs: 'inherited',
  description:
    'A figure with the filters that list what it counted; their definitions are in docs/metrics.md.',
  fields: (t) => ({
    name: t.exposeString('name'),
    unit: t.field({ type: MetricUnit, resolve: ({ unit }) => unit as (typeof units)[number] }),
    value: t.exposeFloat('value', { nullable: true, description: 'Null where nothing was counted.' }),
    n: t.exposeInt('n', { description: 'How many it is made of; the list has as many.' }),
    p50: t.exposeFloat('p50', { nullable: true, description: 'The median, of means alone.' }),
    p90: t.exposeFloat('p90', { nullable: true, description: 'Nine of ten are not above it.' }),
    groups: t.field({
      type: [MetricGroup],
      description: 'By what it was grouped by; of open-ended keys the 50 that have most.',
      resolve: ({ groups }) => groups,
    }),
    series: t.field({
      type: [MetricPoint],
      description:
        'Each day of the period, where it was grouped by day; of a stock how much there was when the day ended.',
      resolve: ({ series }) => series,
    }),
    previous: t.field({
      type: MetricValue,
      nullable: true,
      description: 'The same of the period that it was compared to.',
      resolve: ({ previous }) => previous,
    }),
    drillDown: t.field({ type: DrillDown, resolve: ({ drillDown }) => drillDown }),
  }),
})

const MetricPeriod = builder.inputType('MetricPeriod', {
  description: 'A period of at most 400 days: `from` belongs to it, `to` does not.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', required: true }),
    to: t.field({ type: 'DateTime', required: true }),
  }),
})

builder.queryFields((t) => ({
  metrics: t.field({
    type: [MetricDefinition],
    description: 'The metrics that the viewer may read.',
    authScopes: { signedIn: true },
    resolve: (_root, _args, context) => metrics.defined(context),
  }),
  metric: t.field({
    type: Metric,
    description: 'One metric. It takes the permission to read what it counts.',
    authScopes: { signedIn: true },
    args: {
      name: t.arg.string({ required: true, description: 'Such as alerts.open.' }),
      filter: t.arg({ type: 'JSON', description: 'A filter of its list, which narrows what is counted.' }),
      groupBy: t.arg.string({ description: 'One of its groups, or day.' }),
      period: t.arg({ type: MetricPeriod, description: 'What it is measured over; all of it unless said.' }),
      compareTo: t.arg({ type: MetricPeriod, description: 'Another period, which `previous` tells of.' }),
    },
    resolve: (_root, args, context) => metrics.measured(context, args),
  }),
}))
