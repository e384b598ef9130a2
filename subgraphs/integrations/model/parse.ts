import { Worker } from 'node:worker_threads'
import { NexusError } from '#kit/errors.ts'
import { type Check, type Finding, type Head, ReportError, type ReportErrorCode } from '../parsers/report.ts'

type Refused = { code: ReportErrorCode; message: string; format: string | null }
type Lists = { findings: Finding; checks: Check }
type Said =
  | { head: Head; bytes: number; sha256: string }
  | { batch: Lists[keyof Lists][] | string | null }
  | { refused: Refused }

/** A report all of which was read and found in order; its lists come in batches, each of which is read when it is asked for. */
export type Parsed = {
  head: Head
  bytes: number
  sha256: string
  batches<List extends keyof Lists>(list: List): AsyncGenerator<Lists[List][]>
  close(): Promise<void>
}

/** Of what is read little lives long: a larger nursery only keeps what is dead, and made 40 MB more of a process. */
const memoryMb = { maxOldGenerationSizeMb: 1_024, maxYoungGenerationSizeMb: 4 }
/** For reading it through; to be asked for batches, it has as long as it takes to write them. */
const deadlineMs = 120_000

/**
 * Parses a report in a thread of its own, so that a large or hostile one delays nobody, and holds one batch of it at a
 * time. Throws ReportError when the file is refused. Whoever has got it closes it.
 */
export async function parse(
  path: string,
  format: string | null,
  batchSize: number,
  signal: AbortSignal,
): Promise<Parsed> {
  const worker = new Worker(new URL('../parsers/worker.ts', import.meta.url), {
    workerData: { path, format, batchSize },
    resourceLimits: memoryMb,
  })
  const stop = () => void worker.terminate()
  const timer = setTimeout(stop, deadlineMs)
  signal.addEventListener('abort', stop, { once: true })
  let hear: { said(said: Said): void; lost(error: unknown): void } | null = null
  let end: unknown = null
  const ended = (error: unknown) => {
    end ??= error
    hear?.lost(end)
  }
  // Under `node --watch` a worker says other things too.
  worker.on(
    'message',
    (said: Said) => ('head' in said || 'batch' in said || 'refused' in said) && hear?.said(said),
  )
  worker.once('error', (error) =>
    // One that is out of memory has met a report that is no list of records.
    ended('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooComplex() : error),
  )
  worker.once('exit', () => ended(tooComplex()))
  const next = (question?: keyof Lists) =>
    new Promise<Said>((said, lost) => {
      if (end) return lost(end)
      hear = { said, lost }
      if (question) worker.postMessage(question)
    })
  const close = async () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
  try {
    const said = await next()
    clearTimeout(timer)
    if ('refused' in said) throw new ReportError(said.refused.code, said.refused.message, said.refused.format)
    if (!('head' in said)) throw new Error('The parser has said something else')
    return { ...said, close, batches: (list) => batchesOf(list, next) as never }
  } catch (error) {
    await close()
    throw error
  }
}

/** The next batch is read while one is at work. */
async function* batchesOf(list: keyof Lists, next: (question: keyof Lists) => Promise<Said>) {
  for (let asked = next(list); ; ) {
    const said = await asked
    if (!('batch' in said) || said.batch === null) return
    asked = next(list)
    // Whoever lets go in between hears of no loss.
    asked.catch(() => {})
    yield typeof said.batch === 'string' ? JSON.parse(said.batch) : said.batch
  }
}

const tooComplex = () => new NexusError('REPORT_REJECTED', 'The report is too complex to read')
