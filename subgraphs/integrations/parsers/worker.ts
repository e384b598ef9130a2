import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { parseReport } from './index.ts'
import { ReportError } from './report.ts'

const { bytes, format } = workerData as { bytes: Uint8Array; format: string | null }

try {
  const text = new TextDecoder('utf-8').decode(bytes)
  const report = parseReport(text, format ?? undefined)
  const payload = createHash('sha256').update(JSON.stringify(report.findings)).digest('hex')
  parentPort!.postMessage({ report, payload })
} catch (error) {
  if (!(error instanceof ReportError)) throw error
  const { code, message, format: named } = error
  parentPort!.postMessage({ refused: { code, message, format: named } })
}
