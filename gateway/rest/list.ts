import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
} from 'graphql'
import { z } from 'zod'
import type { Permission } from '#kit/viewer.ts'
import { type Fields, type Route, route } from './route.ts'

/** A noun of the graph as REST shows it. */
export type Noun = {
  /** Of its GraphQL type: `Asset`. */
  type: string
  /** Of its root fields: `asset` and `assets`. */
  one: string
  many: string
  /** What reading it takes. */
  needs: Permission
  /** The GraphQL selection of an item. */
  item: string
  /** The filters of the graph that are query parameters too, under the same names in snake_case. */
  filters: readonly string[]
  /** The filter of the graph that `from` and `to` are the range of. */
  time?: string
}

const maxOffset = 10_000
const maxValues = 100
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export const time = z.iso
  .datetime({ offset: true, error: 'Must be a time such as 2026-01-31T12:00:00Z' })
  .optional()

/** What stands in one query parameter for a filter of this type. */
function parameter(type: GraphQLInputType): z.ZodType {
  const nullable = getNullableType(type)
  if (!isListType(nullable)) return single(String(nullable))
  const item = getNullableType(nullable.ofType)
  const names = isEnumType(item) ? item.getValues().map(({ name }) => name.toLowerCase()) : undefined
  const value = names ? z.enum(names, `Must be some of ${names.join(', ')}`) : z.string().min(1).max(200)
  const values = z.array(names ? value.transform((name) => name.toUpperCase()) : value).max(maxValues)
  return z
    .string()
    .transform((text) => text.split(','))
    .pipe(values)
}

function single(type: string): z.ZodType {
  const number = z.coerce.number('Must be a number')
  if (type === 'Boolean')
    return z.enum(['true', 'false'], 'Must be true or false').transform((word) => word === 'true')
  return type === 'Float' ? number : type === 'Int' ? number.int() : z.string().min(1).max(200)
}

/** One query parameter, and where its value stands in the filter. */
export type Parameter = { name: string; field: string; end?: 'from' | 'to'; type: z.ZodType }

/** A range is two parameters: `min_risk_score` and `max_risk_score`, or `due_at_from` and `due_at_to`. */
function parametersOf(field: string, type: GraphQLInputType): Parameter[] {
  const name = snake(field)
  const named = String(getNullableType(type))
  if (named === 'NumberRange')
    return [
      { name: `min_${name}`, field, end: 'from', type: single('Int') },
      { name: `max_${name}`, field, end: 'to', type: single('Int') },
    ]
  if (named === 'TimeRange')
    return [
      { name: `${name}_from`, field, end: 'from', type: time },
      { name: `${name}_to`, field, end: 'to', type: time },
    ]
  return [{ name, field, type: parameter(type) }]
}

/** The query parameters that a noun is filtered by. */
export function filtersOf(graph: GraphQLSchema, noun: Noun): Parameter[] {
  const type = graph.getType(`${noun.type}Filter`)
  const fields = isInputObjectType(type) ? type.getFields() : {}
  return noun.filters.flatMap((name) => {
    const field = fields[name]
    if (!field) throw new Error(`The graph has no filter ${name} for ${noun.type}`)
    return parametersOf(name, field.type)
  })
}

/** The filter of the graph that query parameters stand for. */
export function filterOf(parameters: readonly Parameter[], query: Fields): Fields {
  const filter: Fields = {}
  for (const { name, field, end } of parameters) {
    const value = query[name]
    if (value === undefined) continue
    filter[field] = end ? { ...(filter[field] as Fields | undefined), [end]: value } : value
  }
  return filter
}

function sortsOf(graph: GraphQLSchema, noun: Noun): string[] {
  const type = graph.getType(`${noun.type}OrderField`)
  if (!isEnumType(type)) throw new Error(`The graph has no order for ${noun.type}`)
  return type.getValues().flatMap(({ name }) => [name.toLowerCase(), `-${name.toLowerCase()}`])
}

const paging = {
  page: z.coerce.number('Must be a number').int().min(1).optional(),
  limit: z.coerce.number('Must be a number').int().min(1).max(100).default(20),
  cursor: z.string().min(1).max(1_000).optional(),
}
type Paging = { page?: number; limit: number; cursor?: string; sort?: string }
type Connection = {
  edges: { node: unknown }[]
  page_info: { has_next_page: boolean; end_cursor: string | null }
  total_count: { count: number; type: 'exact' | 'at_least' }
}

/**
 * The list of a noun: `page` and `limit`, or `cursor` and `limit`; `sort`, with `-` for descending; filters.
 * @param search names the parameter that must be given, for a route that searches
 */
export function list(graph: GraphQLSchema, noun: Noun, path: string, search?: string): Route {
  const filters = filtersOf(graph, noun)
  const sorts = sortsOf(graph, noun)
  const shape: z.ZodRawShape = {
    ...paging,
    sort: z.enum(sorts, `Must be one of ${sorts.join(', ')}`).optional(),
    ...Object.fromEntries(filters.map(({ name, type }) => [name, type.optional()])),
    ...(noun.time ? { from: time, to: time } : {}),
    ...(search ? { [search]: z.string('Say what to search for').min(1).max(200) } : {}),
  }
  const query = z
    .strictObject(shape)
    .refine(({ page, cursor }) => !page || !cursor, { path: ['cursor'], error: 'Use either page or cursor' })
    .refine(
      ({ page, limit }) => ((page as number) ?? 1) * (limit as number) <= maxOffset + (limit as number),
      {
        path: ['page'],
        error: `Use cursor beyond the first ${maxOffset} items`,
      },
    )
  return route({
    method: 'GET',
    path,
    needs: noun.needs,
    operation: `query ${noun.type}List(
      $first: Int, $after: String, $offset: Int, $filter: ${noun.type}Filter, $orderBy: ${noun.type}Order
    ) {
      ${noun.many}(first: $first, after: $after, offset: $offset, filter: $filter, orderBy: $orderBy) {
        edges { node { ${noun.item} } }
        pageInfo { hasNextPage endCursor }
        totalCount { count type }
      }
    }`,
    query: query as unknown as z.ZodType<Paging & Fields>,
    variables: ({ query }) => {
      const { page = 1, limit, cursor, sort } = query
      const filter = filterOf(filters, query)
      if (noun.time) filter[noun.time] = { from: query.from, to: query.to }
      return {
        first: limit,
        ...(cursor ? { after: cursor } : { offset: (page - 1) * limit }),
        filter: search ? { ...filter, search: query[search] } : filter,
        ...(sort ? { orderBy: orderOf(sort) } : {}),
      }
    },
    data: (answer, { query: { page = 1, limit, cursor } }) => {
      const { edges, page_info, total_count } = answer[noun.many] as Connection
      return {
        items: edges.map(({ node }) => node),
        pagination: {
          page: cursor ? null : page,
          limit,
          total: total_count.count,
          totalPages: Math.ceil(total_count.count / limit),
          totalType: total_count.type,
          nextCursor: page_info.has_next_page ? page_info.end_cursor : null,
        },
      }
    },
  })
}

const orderOf = (sort: string) => ({
  field: sort.replace('-', '').toUpperCase(),
  direction: sort.startsWith('-') ? 'DESC' : 'ASC',
})

/** One of a noun by its id, which need not look like one: a strange id is not found. */
export const one = (noun: Noun, path: string, name = noun.type): Route =>
  route({
    method: 'GET',
    path,
    needs: noun.needs,
    noun: noun.type,
    operation: `query ${name}($id: ID!) { ${noun.one}(id: $id) { ${noun.item} } }`,
    params: z.object({ id: z.string() }),
    variables: ({ params: { id } }) => ({ id }),
    data: (answer) => answer[noun.one],
  })

type Bucket = { key: string; count: number }

/** What is counted by value becomes an object of its values. */
export const countsOf = (stats: Fields): Fields =>
  Object.fromEntries(
    Object.entries(stats).map(([name, value]) => [
      name,
      Array.isArray(value) ? Object.fromEntries(value.map(({ key, count }: Bucket) => [key, count])) : value,
    ]),
  )

/** The counts of a noun; with `asOf`, as they were at a time too. */
export const stats = (
  path: string,
  needs: Permission,
  field: string,
  selection: string,
  { asOf = false }: { asOf?: boolean } = {},
): Route =>
  route({
    method: 'GET',
    path,
    needs,
    operation: `query ${field[0]?.toUpperCase()}${field.slice(1)}${asOf ? '($asOf: DateTime)' : ''} {
      ${field}${asOf ? '(asOf: $asOf)' : ''} { ${selection} }
    }`,
    query: asOf ? z.strictObject({ as_of: time }) : z.strictObject({}),
    variables: ({ query }) => ('as_of' in query && query.as_of ? { asOf: query.as_of } : {}),
    data: (answer) => countsOf(answer[field] as Fields),
  })
