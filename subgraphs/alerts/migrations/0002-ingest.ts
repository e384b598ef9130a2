import type { Kysely } from 'kysely'
import { ingestMay } from '#kit/migration.ts'

/** Sources raise alerts and see them again; what becomes of one, people say. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await ingestMay(db, 'alerts', 'alerts', {
    insert: [
      ...['id', 'organization_id', 'asset_id', 'severity', 'title', 'description', 'source', 'source_ref'],
      ...['rule_id', 'fingerprint', 'metadata'],
    ],
    update: ['occurrence_count', 'last_seen_at', 'metadata', 'version', 'updated_at'],
  })
}
