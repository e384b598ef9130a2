import type { Kysely } from 'kysely'
import { searchable } from '#kit/searchable.ts'

export const up = (db: Kysely<unknown>): Promise<void> =>
  searchable(db, 'assets', 'assets', ['name', 'external_id'])
