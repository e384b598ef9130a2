import { note } from '#kit/audit.ts'
import type { Context } from '#kit/context.ts'
import { NexusError, notFound } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import type { ImportRunRow, Tables } from '../tables.ts'
import * as importRuns from './import-run.ts'
import * as peers from './peers.ts'

/**
 * Sets back what an import has changed of findings and results of checks, where nobody has changed them since. It may be asked again.
 * Throws NOT_FOUND, and CONFLICT for what has not ended, is a preview, or is not the latest of its scope.
 */
export async function revert(
  context: Context<Tables>,
  id: string,
): Promise<peers.Reverted & { run: ImportRunRow }> {
  const [run] = isId(id) ? await context.tenant((trx) => importRuns.find(trx, [id])) : []
  if (!run) throw notFound('Import')
  if (run.status === 'queued' || run.status === 'running')
    throw new NexusError('CONFLICT', 'The import has not ended: cancel it first')
  if (run.isPreview) throw new NexusError('CONFLICT', 'A preview has changed nothing')
  const reverted = await peers.revertFindings(context, run.id)
  const checks = await peers.revertCheckResults(context, run.id)
  return context.tenant(async (trx) => {
    const revertedAt = run.revertedAt ?? context.clock()
    await importRuns.advance(trx, run.id, { revertedAt })
    const { restored, kept } = reverted
    const before = { revertedAt: run.revertedAt }
    const after = { revertedAt, restored, kept: kept.length, checks }
    note({ type: 'ImportRun', id: run.id, before, after })
    return { ...reverted, run: { ...run, revertedAt } }
  })
}
