import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import { always, type Condition, type Filter, type FilterSpec } from './filter.ts'

/** How a text is looked for: as a part of a column, or, with fewer letters than an index knows, as a word's beginning. */
export type Pattern = { pattern: string; words: boolean }
/** The rows that a filter's searches allow, by the name of the condition. */
export type Found = ReadonlyMap<string, readonly string[]>

const mostIds = 2_000
const trigram = /[\p{L}\p{N}]{3}/u
const short = /^[\p{L}\p{N}]{2}$/u
const escapeLike = (text: string) => text.replace(/[\\%_]/g, (sign) => `\\${sign}`)

export const patternOf = (text: string): Pattern =>
  short.test(text) ? { pattern: text, words: true } : { pattern: `%${escapeLike(text)}%`, words: false }

/** Whether any of the columns matches. */
export function matches(columns: readonly string[], { pattern, words }: Pattern): RawBuilder<boolean> {
  const matching = words ? sql`~* ${`(^|[^[:alnum:]])${pattern}`}` : sql`ilike ${pattern}`
  return sql<boolean>`(${sql.join(
    columns.map((column) => sql`${sql.ref(column)} ${matching}`),
    sql` or `,
  )})`
}

type Indexed = Extract<Condition, { kind: 'search' }> & { index: string }

/** The searches of a filter that an index answers. */
function* indexed(spec: FilterSpec, filter: Filter): Generator<[name: string, of: Indexed, text: string]> {
  for (const [name, value] of Object.entries(filter ?? {})) {
    const condition = spec[name]
    if (condition?.kind !== 'search' || !condition.index || value == null) continue
    const text = String(value)
    if (trigram.test(text) || short.test(text)) yield [name, condition as Indexed, text]
  }
}

const ask = ({ index }: Indexed, text: string, most: number, thorough: boolean) => {
  const { pattern, words } = patternOf(text)
  return sql`${sql.ref(index)}(${pattern}::text, ${words}::boolean, ${most}::integer, ${thorough}::boolean)`
}

/**
 * Asks the index of each search of a filter, before row level security keeps it from being used. What finds many
 * rows is left out: reading the list in its order is faster then.
 */
export async function find(db: QueryExecutorProvider, spec: FilterSpec, filter: Filter): Promise<Found> {
  const found = new Map<string, readonly string[]>()
  for (const [name, condition, text] of indexed(spec, filter)) {
    const { rows } = await sql<{ ids: string[] | null }>`
      select ${ask(condition, text, mostIds, false)} as ids`.execute(db)
    const ids = rows[0]?.ids
    if (ids) found.set(name, ids)
  }
  return found
}

/** How many rows a filter finds, `most` and one at most, where it is one search of an index and nothing else. */
export function counting(
  { table, filter: spec }: { table: string; filter: FilterSpec },
  filter: Filter,
  most: number,
): RawBuilder<{ count: number }> | undefined {
  const given = Object.values(filter ?? {}).filter((value) => value != null)
  const [search] = indexed(spec, filter)
  if (!search || given.length > 1) return undefined
  const [, condition, text] = search
  const found = ask(condition, text, most, true)
  const kept = always(spec)
  if (kept.length === 0) return sql`select coalesce(cardinality(${found}), ${most + 1}) as count`
  return sql`select case when ids is null then ${most + 1} else (select count(*)::int from ${sql.table(table)}
    where id = any(ids) and ${sql.join(kept, sql` and `)}) end as count from (select ${found} as ids) as matching`
}
