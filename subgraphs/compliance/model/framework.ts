import type { Db } from '#kit/database.ts'
import type { ListSpec } from '#kit/page.ts'
import type { FrameworkRow, Tables } from '../tables.ts'

export const spec: ListSpec<FrameworkRow> = {
  table: 'frameworks',
  filter: { search: { kind: 'search', columns: ['name'] } },
  order: { NAME: { column: 'name', type: 'text' } },
  defaultOrder: { field: 'NAME', direction: 'asc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<FrameworkRow[]> =>
  db.selectFrom('frameworks').selectAll().where('id', 'in', ids).execute()

/** The framework that is meant when none is named: the first by name. */
export const first = (db: Db<Tables>): Promise<FrameworkRow | undefined> =>
  db.selectFrom('frameworks').selectAll().orderBy('name').orderBy('id').limit(1).executeTakeFirst()
