import type { Kysely } from 'kysely'
import { searchable } from '#kit/searchable.ts'

export const up = (db: Kysely<unknown>): Promise<void> =>
  searchable(db, 'vulns', 'vulnerabilities', ['title', 'cve_id'])
