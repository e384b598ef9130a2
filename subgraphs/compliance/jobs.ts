import { createBlobs } from '#kit/blob.ts'
import { notFound } from '#kit/errors.ts'
import type { JobContext, Jobs } from '#kit/job.ts'
import * as reports from './model/report.ts'
import { textOf } from './model/report-file.ts'
import { namesOf, pagesOf, type Row } from './model/report-list.ts'
import type { ReportRow, Tables } from './tables.ts'

/** Seconds. */
const deadline = 600

/** Turns the pages of a report's list, saying how far it is at each. */
async function* turning(
  context: JobContext<Tables>,
  { list, filter }: ReportRow,
  counted: { rows: number },
): AsyncGenerator<Row[]> {
  for await (const { rows, total } of pagesOf(context, list, filter)) {
    context.signal.throwIfAborted()
    yield rows
    counted.rows += rows.length
    await context.operation.advance({ done: counted.rows, total })
  }
}

async function generateReport(context: JobContext<Tables>, id: string): Promise<void> {
  const { operation, tenant } = context
  const [report] = await tenant((trx) => reports.find(trx, [id]))
  if (!report) throw notFound('Report')
  const counted = { rows: 0 }
  const text = textOf(report.format, turning(context, report, counted), namesOf(report.list))
  const blobs = createBlobs(context.reportDir)
  // Nobody comes back for the last attempt of a report that was given up with its worker.
  await blobs.sweep(2_000 * deadline)
  const staged = await blobs.stage(id, operation.number, text)
  try {
    await tenant(async (trx) => {
      await operation.complete(trx, counted.rows)
      await reports.finish(trx, id, { ...staged, ...counted })
      // Last, while the operation is locked: no other attempt can come between the row and its file.
      await staged.keep()
    })
  } catch (error) {
    await staged.discard()
    throw error
  }
}

export const jobs: Jobs<Tables> = {
  'generate-report': { deadline, permission: 'reports:create', run: generateReport },
}
