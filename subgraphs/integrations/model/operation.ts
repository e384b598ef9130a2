import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Context } from '#kit/context.ts'
import type { Db } from '#kit/database.ts'
import { notFound } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import type { OperationRow } from '#kit/operation.ts'
import * as operations from '#kit/operation.ts'
import type { ListSpec } from '#kit/page.ts'
import type { Tables } from '../tables.ts'

/** The one table that no subgraph owns: whoever does the work writes it, and here it is read, and cancelled. */
export const spec: ListSpec<OperationRow> = {
  table: 'operations.operations',
  filter: {
    status: { kind: 'enum', column: 'status' },
    kind: { kind: 'string', column: 'kind' },
    createdAt: { kind: 'time', column: 'createdAt' },
  },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
}

export async function find(db: Db<Tables>, ids: readonly string[]): Promise<OperationRow[]> {
  const query = sql<OperationRow>`select * from operations.operations where id = any(${ids}::uuid[])`
  return (await query.execute(db)).rows
}

/** Throws NOT_FOUND, and CONFLICT for one that has ended or is about to. */
export async function cancel(context: Context<Tables>, id: string): Promise<OperationRow> {
  if (!isId(id)) throw notFound('Operation')
  return context.tenant(async (trx) => {
    const status = await operations.cancel(trx, id)
    note({ type: 'Operation', id, before: { status }, after: { status: 'cancelled' } })
    const [operation] = await find(trx, [id])
    return operation!
  })
}
