import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { note } from '#kit/audit.ts'
import { createBlobs } from '#kit/blob.ts'
import { type ErrorCode, NexusError } from '#kit/errors.ts'
import type { JobContext } from '#kit/job.ts'
import { type Finding, ReportError } from '../parsers/report.ts'
import { assetNameOf, scopeOf } from '../rules.ts'
import type { ImportRunRow, Tables } from '../tables.ts'
import { ahead } from './ahead.ts'
import * as connectors from './connector.ts'
import * as importRuns from './import-run.ts'
import { type Parsed, parse } from './parse.ts'
import * as peers from './peers.ts'
import { preview } from './preview.ts'

/** Findings that are written in one transaction, at most. */
export const batchSize = 1_000
/** While one batch is written, the next one is read, sent and found in order. */
const atOnce = 2
const hour = 3_600_000

/**
 * Imports an uploaded report. It may be begun again at any point: a batch that was applied answers what it answered
 * before. The upload goes once the run has ended; what nobody came back to, a later run sweeps.
 */
export async function carryOut(context: JobContext<Tables>, run: ImportRunRow): Promise<void> {
  const { signal, tenant } = context
  const blobs = createBlobs(join(context.blobDir, run.organizationId))
  const unneeded = (ids: string[]) => tenant((trx) => importRuns.unneeded(trx, ids))
  await blobs.sweep(hour, unneeded)
  try {
    const parsed = await parse(await blobs.find(run.upload!), run.format, batchSize, signal)
    try {
      await (run.isPreview ? preview : applyReport)(context, run, parsed)
    } finally {
      await parsed.close()
    }
  } catch (error) {
    if (signal.aborted || !isRefusal(error)) throw error
    await refuse(context, run, error)
  } finally {
    for (const id of await unneeded([run.upload!])) await blobs.remove(id)
  }
}

async function applyReport(
  context: JobContext<Tables>,
  { id, organizationId, ...run }: ImportRunRow,
  { head, bytes, sha256, batches }: Parsed,
): Promise<void> {
  const { operation, signal, tenant } = context
  const { format, total, skipped, payload, complete } = head
  const assetName = assetNameOf(run.assetName, head.assetName, run.fileName)
  const assetId = await peers.ensureAsset(context, peers.aboutOf(assetName, head))
  const counts = { created: 0, updated: 0, unchanged: 0, reopened: 0 }
  let done = 0
  const advance = async (progress: importRuns.Progress) => {
    signal.throwIfAborted()
    await tenant(async (trx) => {
      await operation.advance({ done, total: total - skipped }, trx)
      await importRuns.advance(trx, id, progress)
    })
  }
  await advance({ format, assetName, assetId, total, skipped, bytes, sha256 })
  const tool = head.tool.name.slice(0, 150)
  const scan = { id, assetId, tool, scope: scopeOf(format, tool, assetId) }
  const digest = createHash('sha256').update(payload)
  const counted = async (applied: peers.Applied, of: number) => {
    for (const outcome of ['created', 'updated', 'unchanged', 'reopened'] as const)
      counts[outcome] += applied[outcome]
    done += of
    await advance(counts)
  }
  // Of a report that is not complete nobody knows whether the one before it saw the same.
  const same = complete ? await peers.refreshFindings(context, scan, payload) : null
  if (same) await counted(same, total - skipped)
  else {
    const apply = (findings: Finding[], batch: number) => peers.applyFindings(context, scan, batch, findings)
    let batch = 0
    for await (const [findings, applied] of ahead(batches('findings'), atOnce, apply)) {
      digest.update(JSON.stringify([batch, applied, findings.map(({ key }) => key)]))
      batch += 1
      await counted(applied, findings.length)
    }
  }
  for await (const checks of batches('checks')) {
    await peers.applyCheckResults(context, scan, checks)
    digest.update(JSON.stringify(checks.map(({ key, result }) => [key, result])))
    await advance({})
  }
  // Who cancels it later is told that it is too late: half of what is missing would be closed.
  await operation.settle()
  const closed = complete ? await peers.finishFindings(context, scan, payload) : 0
  if (complete) await peers.finishCheckResults(context, scan)
  const told = { format, assetId, assetName, total, skipped, ...counts, closed, digest: digest.digest('hex') }
  await tenant(async (trx) => {
    await operation.complete(trx, total - skipped)
    await importRuns.advance(trx, id, { ...counts, closed })
    const after = { status: 'complete', ...told }
    note({ type: 'ImportRun', id, before: { status: 'running' }, after })
    await connectors.report(trx, organizationId, format, null)
  })
}

type Refused = ReportError | NexusError

/** What would be refused again; the rest may pass. */
const isRefusal = (error: unknown): error is Refused =>
  error instanceof ReportError || (error instanceof NexusError && error.status < 500)

const codeOf = (error: Refused): ErrorCode => (error instanceof ReportError ? 'REPORT_REJECTED' : error.code)

async function refuse(
  { tenant, operation }: JobContext<Tables>,
  run: ImportRunRow,
  error: Refused,
): Promise<void> {
  const format = error instanceof ReportError ? (error.format ?? run.format) : run.format
  const message = `${run.fileName} (${format ?? 'format not recognised'}): ${error.message}`
  await tenant(async (trx) => {
    await operation.refuse(trx, { code: error.code, message })
    if (format && !run.isPreview) await connectors.report(trx, run.organizationId, format, error.message)
    const after = { status: 'failed', errorCode: error.code }
    note({ type: 'ImportRun', id: run.id, before: { status: 'running' }, after, code: codeOf(error) })
  })
}
