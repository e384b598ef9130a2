import type { Db, Trx } from '#kit/database.ts'
import type { ListSpec } from '#kit/page.ts'
import type { OrganizationRow, Tables } from '../tables.ts'

export const spec: ListSpec<OrganizationRow> = {
  table: 'organizations',
  filter: { search: { kind: 'search', columns: ['name', 'slug'] } },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' }, NAME: { column: 'name', type: 'text' } },
  defaultOrder: { field: 'NAME', direction: 'asc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<OrganizationRow[]> =>
  db.selectFrom('organizations').selectAll().where('id', 'in', ids).execute()

export const add = async (
  trx: Trx<Tables>,
  organization: Pick<OrganizationRow, 'id' | 'name' | 'slug'>,
): Promise<void> => {
  await trx
    .insertInto('organizations')
    .values(organization)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
}
