import type { Kysely } from 'kysely'
import { grant } from '#kit/migration.ts'

/** Whoever does the work writes its operation; this subgraph shows them all. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await grant(db, 'integrations', 'usage', 'schema operations')
  await grant(db, 'integrations', 'select', 'operations.operations')
}
