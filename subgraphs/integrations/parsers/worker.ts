import { parentPort, workerData } from 'node:worker_threads'
import { parseReport } from './index.ts'
import { ReportError } from './report.ts'

const { bytes, format } = workerData as { bytes: Uint8Array; format: string | null }

try {
  const text = new TextDecoder('utf-8').decode(bytes)
  parentPort!.postMessage({ report: parseReport(text, format ?? undefined) })
} catch (error) {
  if (!(error instanceof ReportError)) throw error
  const { code, message, format: named } = error
  parentPort!.postMessage({ refused: { code, message, format: named } })
}
