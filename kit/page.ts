import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import { invalid } from './errors.ts'
import { type Filter, type FilterSpec, where } from './filter.ts'
import { isId } from './id.ts'
import { counting, type Found, find } from './search.ts'

/** How a noun is listed. Sort columns are NOT NULL and times have milliseconds, so that a cursor is exact. */
export type ListSpec<Row = unknown> = {
  /** Only a type: what a row of the table looks like. */
  row?: Row
  table: string
  filter: FilterSpec
  order: Readonly<Record<string, { column: string; type: 'time' | 'text' | 'number' }>>
  /** The order when none is asked for, always with the id as tie-break. */
  defaultOrder: { field: string; direction: Direction }
}
export type Direction = 'asc' | 'desc'
export type PageArgs = {
  first?: number | null
  after?: string | null
  last?: number | null
  before?: string | null
  /** Rows to skip, for clients that count pages; at most 10,000. */
  offset?: number | null
  filter?: Filter
  orderBy?: { field: string; direction: Direction } | null
}
export type Bucket = { key: string; count: number }
export type Total = { count: number; type: 'exact' | 'at_least' }
export type Page<Row> = {
  edges: { cursor: string; node: Row }[]
  pageInfo: {
    hasNextPage: boolean
    hasPreviousPage: boolean
    startCursor: string | null
    endCursor: string | null
  }
  totalCount: () => Promise<Total>
}

export const pageSize = { default: 20, max: 100, ofServices: 1_000 }
const maxOffset = 10_000
/** Totals are exact up to it. */
export const maxTotal = 10_000

type Sort = { name: string; column: string; type: string; direction: Direction }
const casts: Record<string, string> = { time: 'timestamptz', text: 'text', number: 'numeric' }

const encode = (sort: Sort, value: unknown, id: string) =>
  Buffer.from(JSON.stringify([sort.name, sort.direction, value, id])).toString('base64url')

function decode(field: string, cursor: string, sort: Sort): { value: unknown; id: string } {
  try {
    const [name, direction, value, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const isTime = sort.type !== 'time' || !Number.isNaN(Date.parse(value))
    const isNumber = sort.type !== 'number' || typeof value === 'number'
    const isText = sort.type !== 'text' || typeof value === 'string'
    const fits = name === sort.name && direction === sort.direction && isTime && isNumber && isText
    if (fits && isId(id) && encode(sort, value, id) === cursor) return { value, id }
  } catch {}
  throw invalid(field, 'This cursor does not belong to this list in this order')
}

function sortOf(spec: ListSpec, args: PageArgs): Sort {
  const { field, direction } = args.orderBy ?? spec.defaultOrder
  return { name: field, direction, ...spec.order[field]! }
}

/** Throws VALIDATION_ERROR for a size, offset or combination that no list answers. */
function sizeOf(args: PageArgs, most: number): { size: number; backward: boolean; offset: number } {
  const { first, last, offset } = args
  if (first != null && last != null) throw invalid('last', 'Use either first or last')
  const size = first ?? last ?? pageSize.default
  if (size < 0 || size > most) throw invalid(last == null ? 'first' : 'last', `Must be between 0 and ${most}`)
  if (offset != null && (offset < 0 || offset > maxOffset))
    throw invalid('offset', `Must be between 0 and ${maxOffset}`)
  return { size, backward: last != null, offset: offset ?? 0 }
}

const flip = (direction: Direction): Direction => (direction === 'asc' ? 'desc' : 'asc')

type Shape = {
  condition: RawBuilder<boolean>
  tail: RawBuilder<unknown>
  size: number
  backward: boolean
  sort: Sort
}

function shape(spec: ListSpec, args: PageArgs, most = pageSize.max, found?: Found): Shape {
  const { size, backward, offset } = sizeOf(args, most)
  const sort = sortOf(spec, args)
  const column = sql.ref(sort.column)
  const beyond = (field: 'after' | 'before', direction: Direction) => {
    const cursor = args[field]
    if (!cursor) return sql<boolean>`true`
    const { value, id } = decode(field, cursor, sort)
    const sign = sql.raw(direction === 'asc' ? '>' : '<')
    return sql<boolean>`(${column}, id) ${sign} (${value}::${sql.raw(casts[sort.type]!)}, ${id}::uuid)`
  }
  const run = sql.raw(backward ? flip(sort.direction) : sort.direction)
  return {
    condition: sql<boolean>`${where(spec.filter, args.filter, found)} and ${beyond('after', sort.direction)}
      and ${beyond('before', flip(sort.direction))}`,
    tail: sql`order by ${column} ${run}, id ${run} limit ${size + 1} offset ${offset}`,
    size,
    backward,
    sort,
  }
}

type Listed = { id: string }

function pageOf<Row extends Listed>(
  rows: Row[],
  args: PageArgs,
  form: Shape,
  total: () => Promise<Total>,
): Page<Row> {
  const more = rows.length > form.size
  const kept = rows.slice(0, form.size)
  if (form.backward) kept.reverse()
  const edges = kept.map((node) => ({
    cursor: encode(form.sort, (node as Record<string, unknown>)[form.sort.column], node.id),
    node,
  }))
  return {
    edges,
    pageInfo: {
      hasNextPage: form.backward ? args.before != null : more,
      hasPreviousPage: form.backward ? more : args.after != null || (args.offset ?? 0) > 0,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: total,
  }
}

const totalOf = (count: number): Total =>
  count > maxTotal ? { count: maxTotal, type: 'at_least' } : { count, type: 'exact' }

/** Runs a bounded count in a transaction of its own; `found` is that of a search alone, by its index. */
export type Count = (query: RawBuilder<{ count: number }>, found: boolean) => Promise<number>

/** One page of a list, of at most `most` rows. It is counted only when that is asked for. */
export async function page<Row extends Listed>(
  db: QueryExecutorProvider,
  spec: ListSpec,
  args: PageArgs,
  count: Count,
  most = pageSize.max,
): Promise<Page<Row>> {
  const found = await find(db, spec.filter, args.filter)
  const form = shape(spec, args, most, found)
  const table = sql.table(spec.table)
  const { rows } = await sql<Row>`select * from ${table} where ${form.condition} ${form.tail}`.execute(db)
  const searched = counting(spec, args.filter, maxTotal)
  const total =
    searched ??
    sql<{ count: number }>`select count(*) as count from
      (select 1 from ${table} where ${where(spec.filter, args.filter, found)} limit ${maxTotal + 1}) as counted`
  return pageOf(rows, args, form, async () => totalOf(await count(total, searched !== undefined)))
}

/** One page for each parent, in one statement however many parents there are. */
export async function pages<Row extends Listed>(
  db: QueryExecutorProvider,
  spec: ListSpec,
  parentColumn: string,
  parents: readonly string[],
  args: PageArgs,
  total: (parent: string) => Promise<Total>,
): Promise<Map<string, Page<Row>>> {
  const form = shape(spec, args)
  const { rows } = await sql<Row & { parent: string }>`
    select parents.parent, item.* from unnest(${parents}::uuid[]) as parents(parent)
    cross join lateral (
      select * from ${sql.table(spec.table)}
      where ${sql.ref(parentColumn)} = parents.parent and ${form.condition} ${form.tail}
    ) as item`.execute(db)
  const grouped = Map.groupBy(rows, (row) => row.parent)
  return new Map(
    parents.map((parent) => [
      parent,
      pageOf<Row>(grouped.get(parent) ?? [], args, form, () => total(parent)),
    ]),
  )
}

/** The bounded totals behind `pages`, in one statement. */
export async function totals(
  db: QueryExecutorProvider,
  spec: ListSpec,
  parentColumn: string,
  parents: readonly string[],
  args: PageArgs,
): Promise<Map<string, Total>> {
  const { rows } = await sql<{ parent: string; count: number }>`
    select parents.parent, counted.count from unnest(${parents}::uuid[]) as parents(parent)
    cross join lateral (
      select count(*) as count from (
        select 1 from ${sql.table(spec.table)}
        where ${sql.ref(parentColumn)} = parents.parent and ${where(spec.filter, args.filter)}
        limit ${maxTotal + 1}
      ) as bounded
    ) as counted`.execute(db)
  return new Map(rows.map((row) => [row.parent, totalOf(row.count)]))
}
