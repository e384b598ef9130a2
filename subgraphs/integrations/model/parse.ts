import { Worker } from 'node:worker_threads'
import { NexusError } from '#kit/errors.ts'
import { type Report, ReportError, type ReportErrorCode } from '../parsers/report.ts'

export type Parsed = { report: Report; payload: string }
type Told = Parsed | { refused: { code: ReportErrorCode; message: string; format: string | null } }

const memoryMb = 4_096
const deadlineMs = 120_000

/**
 * Parses a report in a thread of its own, so that a large or hostile one delays nobody.
 * `payload` is a digest of all its findings. Throws ReportError when the file is refused.
 */
export async function parse(file: Buffer, format: string | null, signal: AbortSignal): Promise<Parsed> {
  const bytes = new Uint8Array(file)
  const worker = new Worker(new URL('../parsers/worker.ts', import.meta.url), {
    workerData: { bytes, format },
    transferList: [bytes.buffer],
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  })
  const stop = () => void worker.terminate()
  const timer = setTimeout(stop, deadlineMs)
  signal.addEventListener('abort', stop, { once: true })
  try {
    const parsed = await new Promise<Told>((resolve, reject) => {
      // Under `node --watch` a worker says other things too.
      worker.on('message', (said: Told) => ('report' in said || 'refused' in said) && resolve(said))
      worker.once('error', reject)
      worker.once('exit', () =>
        reject(new NexusError('REPORT_REJECTED', 'The report is too complex to read')),
      )
    })
    if ('report' in parsed) return parsed
    const { code, message, format: named } = parsed.refused
    throw new ReportError(code, message, named)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
}
