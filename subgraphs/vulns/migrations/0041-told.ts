import type { Kysely } from 'kysely'
import { publishedDues } from '#kit/migration/dues.ts'

export const up = (db: Kysely<unknown>): Promise<void> => publishedDues(db, 'vulns')
