import type { Kysely } from 'kysely'
import { grantKeyring } from '#kit/migration.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await grantKeyring(db, 'identity')
}
