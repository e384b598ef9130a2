import type { Kysely } from 'kysely'
import { grantIngest, ingestMay, ingestMoves } from '#kit/migration.ts'

const observed = [
  ...['kind', 'cve_id', 'aliases', 'cwes', 'rule_id', 'severity', 'cvss', 'cvss_score', 'cvss_vector'],
  ...['title', 'description', 'remediation', 'component', 'location', 'fixed_versions', 'links'],
]
const state = ['status', 'presence', 'resolution', 'reopen_count', 'resolved_at', 'last_seen_at']

/** Scans write what they see, and move a finding only as absence and presence do. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await ingestMay(db, 'vulns', 'vulnerabilities', {
    insert: ['organization_id', 'asset_id', 'id', 'fingerprint', 'due_at', ...observed],
    update: [...observed, ...state, 'due_at', 'version', 'updated_at'],
  })
  await ingestMoves(db, 'vulns', 'vulnerabilities', 'status', [
    ['open', 'resolved'],
    ['confirmed', 'resolved'],
    ['in_remediation', 'resolved'],
    ['resolved', 'open'],
  ])
  await ingestMay(db, 'vulns', 'vulnerability_sources', {
    insert: ['organization_id', 'vulnerability_id', 'scope', 'tool', 'run_id', 'content_hash'],
    update: ['last_seen_at', 'withdrawn_at', 'content_hash', 'run_id'],
  })
  await ingestMay(db, 'vulns', 'applied_batches', {
    insert: ['organization_id', 'run_id', 'batch', 'outcome'],
  })
  await grantIngest(db, 'vulns', 'execute', 'function vulns.first_statistics()')
}
