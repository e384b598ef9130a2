import { note } from '#kit/audit.ts'
import type { Context } from '#kit/context.ts'
import { invalid } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import { signedIn } from '#kit/viewer.ts'
import { formats } from '../parsers/index.ts'
import type { ImportRunRow, Tables } from '../tables.ts'
import * as importRuns from './import-run.ts'

export type StartImport = {
  upload: string
  fileName: string
  format?: string | null | undefined
  asset?: string | null | undefined
  preview?: boolean | null | undefined
}

/** Takes an uploaded report in: a worker goes on with it. Throws VALIDATION_ERROR. */
export async function start(context: Context<Tables>, input: StartImport): Promise<ImportRunRow> {
  const { organizationId, userId } = signedIn(context.viewer)
  const format = input.format ?? null
  if (format && !formats.includes(format)) throw invalid('format', `Must be one of ${formats.join(', ')}`)
  if ((input.asset?.length ?? 0) > 255) throw invalid('asset', 'At most 255 characters')
  if (!isId(input.upload)) throw invalid('upload', 'Must be what an upload was answered with')
  return context.tenant(async (trx) => {
    const id = newId()
    await importRuns.add(trx, {
      id,
      organizationId,
      operationId: await context.enqueue(trx, 'import-report', id),
      upload: input.upload,
      isPreview: input.preview ?? false,
      fileName: input.fileName.slice(0, 255),
      format,
      assetName: input.asset ?? null,
      requestedBy: userId,
    })
    const [run] = await importRuns.find(trx, [id])
    note({ type: 'ImportRun', id, before: null, after: run! })
    return run!
  })
}
