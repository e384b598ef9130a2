import type { Kysely } from 'kysely'
import { metricFacts } from '#kit/migration/facts.ts'

export const up = (db: Kysely<unknown>): Promise<void> => metricFacts(db, 'vulns')
