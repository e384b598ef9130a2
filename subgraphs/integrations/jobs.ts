import { notFound } from '#kit/errors.ts'
import type { JobContext, Jobs } from '#kit/job.ts'
import { carryOut } from './model/carry-out.ts'
import * as connectors from './model/connector.ts'
import * as importRuns from './model/import-run.ts'
import type { ImportRunRow, Tables } from './tables.ts'

/** Seconds. */
const deadline = 900

async function runOf({ tenant, operation }: JobContext<Tables>, id: string): Promise<ImportRunRow> {
  const [run] = await tenant((trx) => importRuns.find(trx, [id]))
  if (run?.operationId !== operation.id) throw notFound('Import')
  return run
}

export const jobs: Jobs<Tables> = {
  'import-report': {
    deadline,
    permission: 'vulnerabilities:import',
    run: async (context, id) => carryOut(context, await runOf(context, id)),
    givenUp: async (trx, id, { message }) => {
      const [run] = await importRuns.find(trx, [id])
      if (run?.format && !run.isPreview) await connectors.report(trx, run.organizationId, run.format, message)
    },
  },
}
