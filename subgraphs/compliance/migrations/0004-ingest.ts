import type { Kysely } from 'kysely'
import { ingestMay } from '#kit/migration.ts'

/** Scans say what their checks found; which control a check speaks for, people may say otherwise. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await ingestMay(db, 'compliance', 'checks', {
    insert: ['organization_id', 'tool', 'id', 'rule_id', 'title', 'severity'],
    update: ['title', 'severity', 'updated_at'],
  })
  await ingestMay(db, 'compliance', 'control_checks', {
    insert: ['organization_id', 'control_id', 'check_id', 'origin'],
    only: "origin = 'auto'",
  })
  await ingestMay(db, 'compliance', 'check_results', {
    insert: [
      ...['organization_id', 'asset_id', 'scope', 'run_id', 'id', 'check_id', 'fingerprint', 'target'],
      'result',
    ],
    update: ['target', 'result', 'scope', 'run_id', 'observed_at', 'withdrawn_at'],
  })
  for (const catalogue of ['frameworks', 'controls']) await ingestMay(db, 'compliance', catalogue, {})
}
