import type { Kysely } from 'kysely'
import { bulkTables } from '#kit/migration.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await bulkTables(db, 'assets')
}
