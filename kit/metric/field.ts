import { coerceInputValue, type GraphQLInputType, type GraphQLSchema, isInputType } from 'graphql'
import type { createBuilder } from '../builder.ts'
import type { Context } from '../context.ts'
import { invalid, notFound } from '../errors.ts'
import type { Filter } from '../filter.ts'
import type { ListSpec } from '../page.ts'
import type { Permission } from '../viewer.ts'
import type { Daily } from './daily.ts'
import type { ClientFilter, Measured, MetricDefinition, Metrics, Period } from './definition.ts'
import { type Asked, lately, type MetricQuestion, measure } from './measure.ts'
import { daysKept, stockOf, stockSeries } from './stock.ts'

/** Reads a filter that came as JSON by the input type that the list reads it by. Throws VALIDATION_ERROR. */
export function readFilter(schema: GraphQLSchema, name: string, filter: unknown): Filter {
  const type = schema.getType(name)
  if (!isInputType(type)) throw new Error(`The graph has no input ${name}`)
  return coerceInputValue(filter, type as GraphQLInputType, (path, _value, error) => {
    throw invalid(['filter', ...path].join('.'), error.message)
  }) as Filter
}

/** How long a figure is remembered that changes with the clock alone, in milliseconds. */
const freshMs = 15_000

type Asking = { name: string; question: MetricQuestion & { period?: { from: string; to: string } | null } }

/** The days of a stock. Those that are gone stay as they are. */
function stockDays<Tables>(
  context: Context<Tables>,
  daily: readonly Daily<Tables>[],
  definition: MetricDefinition,
  { filter, period }: { filter?: ClientFilter | null; period: Period | null },
  present: () => Promise<{ n: number; value: number | null }>,
): Promise<Measured['series']> {
  const now = context.clock()
  const of = stockOf(definition, daily, filter)
  const kept = (days: readonly string[]) =>
    context.remember({ name: 'metricDays', variables: [of, days[0], days.at(-1)], keep: 'daily' }, () =>
      context.tenant((trx) => daysKept(trx, of, days)),
    )
  return stockSeries(period ?? lately(now), now, kept, present)
}

/**
 * Lets integrations, and nobody else, ask a subgraph for the metrics of its own rows: `alertMetric` measures one,
 * `alertMetrics` tells which there are.
 */
export function addMetricFields<Tables>(
  builder: ReturnType<typeof createBuilder<Tables>>,
  noun: string,
  permission: Permission,
  metrics: Metrics,
  specOf: (context: Context<Tables>, filter: Filter) => ListSpec | Promise<ListSpec>,
  daily: readonly Daily<Tables>[] = [],
): void {
  const authScopes = { $all: { peer: 'integrations', permission } } as const
  builder.queryFields((t) => ({
    [`${noun}Metrics`]: t.field({
      type: 'JSON',
      inaccessible: true,
      description: 'The metrics of this subgraph. For integrations only.',
      authScopes,
      resolve: () =>
        metrics.metrics.map(({ name, description, unit, groups, time }) => ({
          ...{ name, description, unit, list: metrics.list, time, groups: ['day', ...Object.keys(groups)] },
        })),
    }),
    [`${noun}Metric`]: t.field({
      type: 'JSON',
      inaccessible: true,
      description: 'One metric of this subgraph. For integrations only.',
      authScopes,
      args: {
        name: t.arg.string({ required: true }),
        question: t.arg({ type: 'JSON', required: true }),
      },
      resolve: async (_root, args, context: Context<Tables>, { schema }) => {
        const { name, question } = args as Asking
        const definition = metrics.metrics.find((each) => each.name === name)
        if (!definition) throw notFound('Metric')
        const now = context.clock()
        const read = (filter: ClientFilter) => readFilter(schema, metrics.filter, filter)
        const period = question.period && {
          from: new Date(question.period.from),
          to: new Date(question.period.to),
        }
        const until = async () => new Date(now.getTime() + freshMs)
        const asked = { name: `${noun}Metric`, variables: args, keep: 'dashboard', until } as const
        return context.remember(asked, async () => {
          const spec = await specOf(context, read(question.filter ?? {}))
          const asking = <Told>(work: (asked: Asked) => Promise<Told>) =>
            context.tenant((db) => work({ db, spec, read, now }))
          const asked = { ...question, period: period ?? null }
          const told = await asking((of) => measure(of, metrics, definition, asked))
          if (!definition.isStock || question.groupBy !== 'day') return told
          const series = await stockDays(context, daily, definition, asked, async () => {
            const { n, value } = await asking((of) =>
              measure(of, metrics, definition, { filter: question.filter ?? null }),
            )
            return { n, value }
          })
          return { ...told, series }
        })
      },
    }),
  }))
}
