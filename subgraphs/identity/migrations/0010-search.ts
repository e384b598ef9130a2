import type { Kysely } from 'kysely'
import { searchable } from '#kit/searchable.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await searchable(db, 'identity', 'users', ['name', 'email'])
  await searchable(db, 'identity', 'api_keys', ['name', 'hint'])
}
