import { sql } from 'kysely'
import type { Context } from '../context.ts'
import type { Trx } from '../database.ts'
import type { Log } from '../log.ts'
import { signedIn } from '../viewer.ts'
import { Unsealable } from './cipher.ts'
import type { Sealing } from './sealing.ts'

/** A column of sealed values. Its table is named with its schema, as the places of its values are. */
export type SealedColumn = {
  table: string
  /** In the database; its name ends in `_sealed`. */
  column: string
  /** The column that names the row. */
  row?: string
  /** `platform` for rows of accounts, which belong to no organization. */
  of?: 'organization' | 'platform'
}

type Asking = { organizationId: string; sealing: Sealing; log: Log }

const ours = (columns: readonly SealedColumn[]) => columns.filter(({ of }) => of !== 'platform')
const tableOf = ({ table }: SealedColumn) => sql.id(...(table.split('.') as [string, ...string[]]))
const isOld = ({ column }: SealedColumn, version: number, after: string) =>
  sql`${sql.id(column)} is not null and ${sql.id(column)} not like ${`nx1.${version}.%`}
    and id > ${after}::uuid`

const first = '00000000-0000-0000-0000-000000000000'

/** Where sealing anew goes on; null when all is done. */
export type Cursor = { column: number; after: string }

/** How many values of an organization an older key has sealed, from there on. */
async function countOld<Tables>(
  trx: Trx<Tables>,
  columns: readonly SealedColumn[],
  version: number,
  from: Cursor,
): Promise<number> {
  let count = 0
  for (const [index, each] of ours(columns).entries()) {
    if (index < from.column) continue
    const query = sql<{ count: number }>`select count(*)::int as count from ${tableOf(each)}
      where ${isOld(each, version, index === from.column ? from.after : first)}`
    count += (await query.execute(trx)).rows[0]!.count
  }
  return count
}

/**
 * Seals some of an organization's values by its key of now; who reads them meanwhile finds the old or the new one,
 * and both open. What does not open is logged, and stays.
 * @returns how many were looked at, and where to go on
 */
async function resealSome<Tables>(
  trx: Trx<Tables>,
  columns: readonly SealedColumn[],
  { organizationId, sealing, log }: Asking,
  version: number,
  from: Cursor,
  limit: number,
): Promise<{ looked: number; next: Cursor | null }> {
  const column = ours(columns)[from.column]
  if (!column) return { looked: 0, next: null }
  const [table, value] = [tableOf(column), sql.id(column.column)]
  const { rows } = await sql<{ id: string; row: string; sealed: string }>`
    select id, ${sql.id(column.row ?? 'id')}::text as row, ${value} as sealed from ${table}
    where ${isOld(column, version, from.after)} order by id limit ${limit} for no key update`.execute(trx)
  for (const { id, row, sealed } of rows) {
    const place = { organizationId, table: column.table, column: column.column, row }
    try {
      const text = await sealing.open(trx, place, sealed)
      const anew = await sealing.seal(trx, place, text)
      await sql`update ${table} set ${value} = ${anew} where id = ${id}`.execute(trx)
    } catch (error) {
      if (!(error instanceof Unsealable)) throw error
      log.error({ table: column.table, row }, 'a sealed value does not open')
    }
  }
  const last = rows.at(-1)
  const next = rows.length < limit ? { column: from.column + 1, after: first } : { ...from, after: last!.id }
  return { looked: rows.length, next: next.column < ours(columns).length ? next : null }
}

export type Resealed = { looked: number; left: number; next: Cursor | null }
const atOnce = 200

/** Where to begin. */
export const beginning: Cursor = { column: 0, after: first }

/** Seals the next values of the viewer's organization anew, and says how many there are still. */
export const resealPart = <Tables>(
  context: Pick<Context<Tables>, 'tenant' | 'viewer' | 'sealing' | 'log'>,
  columns: readonly SealedColumn[],
  version: number,
  from: Cursor,
): Promise<Resealed> =>
  context.tenant(async (trx) => {
    const asking = { ...context, organizationId: signedIn(context.viewer).organizationId }
    const some = await resealSome(trx, columns, asking, version, from, atOnce)
    return { ...some, left: some.next ? await countOld(trx, columns, version, some.next) : 0 }
  })
