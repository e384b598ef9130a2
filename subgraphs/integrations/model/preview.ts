import { note } from '#kit/audit.ts'
import type { Db } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import type { JobContext } from '#kit/job.ts'
import { assetNameOf, mostPreviewed, scopeOf } from '../rules.ts'
import type { ImportRunRow, PreviewedChangeRow, Tables } from '../tables.ts'
import * as importRuns from './import-run.ts'
import type { Parsed } from './parse.ts'
import * as peers from './peers.ts'

type Change = Pick<PreviewedChangeRow, 'outcome' | 'vulnerabilityId' | 'title'>

/**
 * Counts what an import of a report would do, and keeps the first of the changes that it would make. Nothing else is
 * written: an asset that is not known yet has no findings, and is not added.
 */
export async function preview(
  context: JobContext<Tables>,
  run: ImportRunRow,
  { head, bytes, sha256, batches }: Parsed,
): Promise<void> {
  const { operation, signal, tenant } = context
  const { format, total, skipped } = head
  const assetName = assetNameOf(run.assetName, head.assetName, run.fileName)
  const assetId = await peers.meantAsset(context, peers.aboutOf(assetName, head))
  const tool = head.tool.name.slice(0, 150)
  const known = assetId ?? newId()
  const scan = { id: run.id, assetId: known, tool, scope: scopeOf(format, tool, known) }
  const counts = { created: 0, updated: 0, unchanged: 0, reopened: 0 }
  const changes: Change[] = []
  const seen = new Set<string>()
  let done = 0
  for await (const findings of batches('findings')) {
    signal.throwIfAborted()
    for (const [index, { id, outcome }] of (await peers.previewFindings(context, scan, findings)).entries()) {
      counts[outcome] += 1
      if (id) seen.add(id)
      if (outcome !== 'unchanged')
        changes.push({ outcome, vulnerabilityId: id, title: findings[index]!.title })
    }
    done += findings.length
    await operation.advance({ done, total: total - skipped })
  }
  const closable = head.complete ? await peers.closableFindings(context, scan) : []
  const closed = closable.filter((id) => !seen.has(id))
  for (const vulnerabilityId of closed) changes.push({ outcome: 'closed', vulnerabilityId, title: null })
  await tenant(async (trx) => {
    await operation.complete(trx, done)
    const result = { format, total, skipped, ...counts, closed: closed.length }
    await importRuns.advance(trx, run.id, { ...result, assetName, assetId, bytes, sha256 })
    await importRuns.keepChanges(trx, run, changes.slice(0, mostPreviewed))
    note({
      type: 'ImportRun',
      id: run.id,
      before: { status: 'running' },
      after: { status: 'complete', ...result },
    })
  })
}

/** Changes of a preview, in the order of the report; what would be closed comes last. */
export const changesOf = (
  db: Db<Tables>,
  runId: string,
  { first, after }: { first: number; after: string | null },
): Promise<PreviewedChangeRow[]> =>
  db
    .selectFrom('previewedChanges')
    .selectAll()
    .where('runId', '=', runId)
    .$if(after !== null, (query) => query.where('id', '>', after!))
    .orderBy('id')
    .limit(first)
    .execute()
