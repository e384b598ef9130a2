import type { Kysely } from 'kysely'
import { searchable } from '#kit/migration.ts'

export const up = (db: Kysely<unknown>): Promise<void> =>
  searchable(db, 'alerts', 'alerts', ['title', 'description'])
