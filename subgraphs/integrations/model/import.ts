import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { note } from '#kit/audit.ts'
import { createBlobs } from '#kit/blob.ts'
import type { Context } from '#kit/context.ts'
import { type ErrorCode, invalid, NexusError } from '#kit/errors.ts'
import { newId } from '#kit/id.ts'
import { recorded } from '#kit/recorded.ts'
import { turns } from '#kit/turns.ts'
import { signedIn } from '#kit/viewer.ts'
import { formats } from '../parsers/index.ts'
import { type Report, ReportError } from '../parsers/report.ts'
import { assetNameOf, batches, heartbeatMs, scopeOf } from '../rules.ts'
import type { ImportRunRow, Tables } from '../tables.ts'
import * as connectors from './connector.ts'
import * as importRuns from './import-run.ts'
import { parse } from './parse.ts'
import * as peers from './peers.ts'

export type StartImport = {
  upload: string
  fileName: string
  format?: string | null | undefined
  asset?: string | null | undefined
}

const batchSize = 500
const inTurn = turns(2)

/** Takes an uploaded report in and goes on with it after it has answered. Throws VALIDATION_ERROR. */
export async function start(context: Context<Tables>, input: StartImport): Promise<ImportRunRow> {
  const { organizationId, userId } = signedIn(context.viewer)
  const format = input.format ?? null
  if (format && !formats.includes(format)) throw invalid('format', `Must be one of ${formats.join(', ')}`)
  if ((input.asset?.length ?? 0) > 255) throw invalid('asset', 'At most 255 characters')
  const run = await context.tenant(async (trx) => {
    const added = await importRuns.add(trx, {
      id: newId(),
      organizationId,
      fileName: input.fileName.slice(0, 255),
      format,
      assetName: input.asset ?? null,
      requestedBy: userId,
    })
    note({ type: 'ImportRun', id: added.id, before: null, after: added })
    return added
  })
  const work = () =>
    recorded({ operation: 'import-report', subgraph: 'integrations' }, context as never, () =>
      carryOut(context, run, input.upload),
    )
  void keepAlive(context, run, () => inTurn(work))
  return run
}

/** A run waits its turn, and a large report is long in parsing: meanwhile it says that it is alive. */
async function keepAlive(context: Context<Tables>, { id }: ImportRunRow, work: () => Promise<void>) {
  const beat = () => context.tenant((trx) => importRuns.advance(trx, id)).catch(() => {})
  const heart = setInterval(beat, heartbeatMs)
  await work().finally(() => clearInterval(heart))
}

async function carryOut(context: Context<Tables>, run: ImportRunRow, upload: string): Promise<void> {
  const blobs = createBlobs(join(context.blobDir, run.organizationId))
  try {
    const file = await blobs.read(upload)
    const sha256 = createHash('sha256').update(file).digest('hex')
    const progress = { status: 'running', bytes: file.length, sha256 } as const
    await context.tenant((trx) => importRuns.advance(trx, run.id, progress))
    await applyReport(context, run, await parse(file, run.format))
  } catch (error) {
    await giveUp(context, run, error).catch((lost: unknown) =>
      context.log.error({ err: lost }, 'an import was lost'),
    )
  } finally {
    await blobs.remove(upload).catch(() => {})
  }
}

async function applyReport(
  context: Context<Tables>,
  { id, organizationId, ...run }: ImportRunRow,
  report: Report,
) {
  const { format, total, skipped } = report
  const assetName = assetNameOf(run.assetName, report.assetName, run.fileName)
  const assetId = await peers.ensureAsset(context, assetName, report.assetType)
  const counts = { created: 0, updated: 0, unchanged: 0, reopened: 0 }
  const advance = (progress: importRuns.Progress) =>
    context.tenant((trx) => importRuns.advance(trx, id, progress))
  await advance({ format, assetName, assetId, total, skipped })
  const tool = report.tool.name.slice(0, 150)
  const scan = { id, assetId, tool, scope: scopeOf(format, tool, assetId) }
  const digest = createHash('sha256')
  let batch = 0
  for (const findings of batches(report.findings, batchSize)) {
    const applied = await peers.applyFindings(context, scan, batch, findings)
    for (const outcome of ['created', 'updated', 'unchanged', 'reopened'] as const)
      counts[outcome] += applied[outcome]
    digest.update(JSON.stringify([batch, applied, findings.map(({ key }) => key)]))
    batch += 1
    await advance(counts)
  }
  for (const checks of batches(report.checks, batchSize)) {
    await peers.applyCheckResults(context, scan, checks)
    digest.update(JSON.stringify(checks.map(({ key, result }) => [key, result])))
    await advance({})
  }
  const closed = report.complete ? await peers.finishFindings(context, scan) : 0
  if (report.complete) await peers.finishCheckResults(context, scan)
  await context.tenant(async (trx) => {
    await importRuns.advance(trx, id, { ...counts, closed, status: 'complete' })
    const did = {
      format,
      assetId,
      assetName,
      total,
      skipped,
      ...counts,
      closed,
      digest: digest.digest('hex'),
    }
    note({ type: 'ImportRun', id, before: { status: 'running' }, after: { status: 'complete', ...did } })
    await connectors.report(trx, organizationId, format, null)
  })
}

const codeOf = (error: unknown): ErrorCode => {
  if (error instanceof ReportError) return 'REPORT_REJECTED'
  return error instanceof NexusError ? error.code : 'INTERNAL_SERVER_ERROR'
}

async function giveUp(context: Context<Tables>, run: ImportRunRow, error: unknown): Promise<void> {
  const known = error instanceof ReportError || error instanceof NexusError
  if (!known) context.log.error({ err: error, runId: run.id }, 'an import failed')
  const code = known ? error.code : 'INTERNAL_SERVER_ERROR'
  const reason = known ? error.message : 'Internal error'
  const format = error instanceof ReportError ? (error.format ?? run.format) : run.format
  await context.tenant(async (trx) => {
    await importRuns.fail(
      trx,
      run.id,
      code,
      `${run.fileName} (${format ?? 'format not recognised'}): ${reason}`,
    )
    if (format) await connectors.report(trx, run.organizationId, format, reason)
    const after = { status: 'failed', errorCode: code }
    note({ type: 'ImportRun', id: run.id, before: { status: run.status }, after, code: codeOf(error) })
  })
}
