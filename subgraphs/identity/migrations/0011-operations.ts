import type { Kysely } from 'kysely'
import { grant } from '#kit/migration.ts'

/** This subgraph has jobs, and writes how far they are. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await grant(db, 'identity', 'usage', 'schema operations')
  await grant(db, 'identity', 'select, insert, update', 'operations.operations')
}
