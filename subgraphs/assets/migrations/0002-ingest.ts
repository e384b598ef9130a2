import type { Kysely } from 'kysely'
import { ingestMay } from '#kit/migration.ts'

/** A report names an asset and sees it; what it is worth to the organization, people say. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await ingestMay(db, 'assets', 'assets', {
    insert: ['id', 'organization_id', 'name', 'type'],
    update: ['last_seen_at', 'updated_at'],
  })
  await ingestMay(db, 'assets', 'asset_identifiers', {
    insert: ['organization_id', 'kind', 'value', 'asset_id'],
  })
}
