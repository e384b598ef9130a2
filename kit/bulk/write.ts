import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import type { Who } from './definition.ts'

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Writes columns of many rows by one statement, each with values of its own and at its next version. */
export async function writeRows<Of extends { id: string }>(
  trx: QueryExecutorProvider,
  table: string,
  columns: readonly (keyof Of & string)[],
  rows: readonly Of[],
  { at }: Pick<Who, 'at'>,
  also: RawBuilder<unknown> = sql``,
): Promise<void> {
  const names = ['id' as keyof Of & string, ...columns]
  const given = rows.map((row) => Object.fromEntries(names.map((name) => [snake(name), row[name]])))
  const set = sql.join(columns.map((name) => sql`${sql.id(snake(name))} = given.${sql.id(snake(name))}`))
  await sql`update ${sql.table(table)} as changed set ${set}, updated_at = ${at}, version = changed.version + 1${also}
    from jsonb_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(given)}::jsonb) given
    where changed.id = given.id`.execute(trx)
}

/** Whether two rows say the same in some columns. */
export const isSame = <Of>(one: Of, other: Of, columns: readonly (keyof Of)[]): boolean =>
  columns.every((column) => JSON.stringify(one[column] ?? null) === JSON.stringify(other[column] ?? null))
