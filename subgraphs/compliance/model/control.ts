import type { Db } from '#kit/database.ts'
import type { ListSpec } from '#kit/page.ts'
import type { ControlRow, Tables } from '../tables.ts'

export const spec: ListSpec<ControlRow> = {
  table: 'controls',
  filter: {
    frameworkId: { kind: 'id', column: 'frameworkId' },
    search: { kind: 'search', columns: ['code', 'title'] },
  },
  order: { CODE: { column: 'code', type: 'text' } },
  defaultOrder: { field: 'CODE', direction: 'asc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<ControlRow[]> =>
  db.selectFrom('controls').selectAll().where('id', 'in', ids).execute()
