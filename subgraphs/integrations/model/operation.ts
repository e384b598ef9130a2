import { sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import type { OperationRow } from '#kit/operation.ts'
import type { ListSpec } from '#kit/page.ts'
import type { Tables } from '../tables.ts'

/** The one table that no subgraph owns: whoever does the work writes it, and here it is only read. */
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
