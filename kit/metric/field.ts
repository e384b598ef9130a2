import { coerceInputValue, type GraphQLInputType, type GraphQLSchema, isInputType } from 'graphql'
import type { createBuilder } from '../builder.ts'
import type { Context } from '../context.ts'
import { invalid, notFound } from '../errors.ts'
import type { Filter } from '../filter.ts'
import type { ListSpec } from '../page.ts'
import type { Permission } from '../viewer.ts'
import type { ClientFilter, Metrics } from './definition.ts'
import { type MetricQuestion, measure } from './measure.ts'

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
          return context.tenant((db) =>
            measure({ db, spec, read, now }, metrics, definition, { ...question, period: period ?? null }),
          )
        })
      },
    }),
  }))
}
