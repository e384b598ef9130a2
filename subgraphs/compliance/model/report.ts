import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Context } from '#kit/context.ts'
import type { Db, Trx } from '#kit/database.ts'
import { invalid } from '#kit/errors.ts'
import { newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import { allowed } from '#kit/viewer.ts'
import type { ReportFilter, ReportFormat, ReportList, ReportRow, Tables } from '../tables.ts'
import { lists } from './report-list.ts'

export const spec: ListSpec<ReportRow> = {
  table: 'followedReports',
  filter: {
    status: { kind: 'enum', column: 'status' },
    list: { kind: 'enum', column: 'list' },
    format: { kind: 'enum', column: 'format' },
    createdAt: { kind: 'time', column: 'createdAt' },
  },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<ReportRow[]> =>
  db.selectFrom('followedReports').selectAll().where('id', 'in', ids).execute()

const longestSearch = 200

export type GenerateReport = { list: ReportList; format: ReportFormat; filter: ReportFilter }

/**
 * Asks for a report of what the viewer may read, and answers its id. Throws FORBIDDEN, and VALIDATION_ERROR for a
 * filter that the list does not have.
 */
export async function generate(context: Context<Tables>, input: GenerateReport): Promise<string> {
  const { permission, filters } = lists[input.list]
  allowed(context.viewer, permission)
  const { organizationId, userId } = allowed(context.viewer, 'reports:create')
  for (const name of Object.keys(input.filter))
    if (!filters.includes(name)) throw invalid(name, `A list of ${input.list} cannot be filtered by it`)
  if ((input.filter.search?.length ?? 0) > longestSearch)
    throw invalid('search', `At most ${longestSearch} characters`)
  const id = newId()
  await context.tenant(async (trx) => {
    const operationId = await context.enqueue(trx, 'generate-report', id)
    const row = { ...input, id, organizationId, operationId, requestedBy: userId }
    await trx
      .insertInto('reports')
      .values({
        ...row,
        rows: null,
        bytes: null,
        sha256: null,
        filter: JSON.stringify(input.filter) as never,
      })
      .execute()
    note({ type: 'Report', id, before: null, after: row })
  })
  return id
}

export type Result = { rows: number; bytes: number; sha256: string }

export async function finish(trx: Trx<Tables>, id: string, { rows, bytes, sha256 }: Result): Promise<void> {
  await trx
    .updateTable('reports')
    .set({ rows, bytes, sha256, updatedAt: sql<Date>`now()` })
    .where('id', '=', id)
    .execute()
}
