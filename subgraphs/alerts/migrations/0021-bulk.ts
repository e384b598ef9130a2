import type { Kysely } from 'kysely'
import { bulkTables, grant } from '#kit/migration.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await bulkTables(db, 'alerts')
  await grant(db, 'alerts', 'usage', 'schema operations')
  await grant(db, 'alerts', 'select, insert, update', 'operations.operations')
}
