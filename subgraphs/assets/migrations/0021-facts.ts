import type { Kysely } from 'kysely'
import { metricFacts } from '#kit/migration/facts.ts'
import { tellOrganizations } from '#kit/migration/organizations.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await metricFacts(db, 'assets')
  await tellOrganizations(db, 'assets', 'assets')
}
