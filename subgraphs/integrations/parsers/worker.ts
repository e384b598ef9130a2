import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { batchesOf } from './batches.ts'
import { openReport } from './index.ts'
import { sourceOfFile } from './records.ts'
import { ReportError } from './report.ts'

type Told = { path: string; format: string | null; batchSize: number }

/** For what was read once, in bytes: 50,000 findings as most scanners tell them. */
const room = 48 << 20

/** A list as one text goes from thread to thread in a fifth of the time that its items take one by one. */
function* joined(batches: Iterable<string[]>): Generator<string> {
  for (const batch of batches) yield `[${batch.join(',')}]`
}

/** Tells what a report is, once all of it was found in order, and then a batch each time it is asked for one. */
const { path, format, batchSize } = workerData as Told
const port = parentPort!
const descriptor = openSync(path, 'r')

try {
  const hash = createHash('sha256')
  const { size } = fstatSync(descriptor)
  const source = sourceOfFile(descriptor, size)
  const told = (bytes: Buffer) => void hash.update(bytes)
  const { findings: _, texts, checks, ...head } = openReport(source, format ?? undefined, told, room)
  const lists = {
    findings: joined(batchesOf(texts(), batchSize)),
    checks: batchesOf(checks(), batchSize),
  }
  port.on('message', (list: keyof typeof lists | 'end') => {
    if (list === 'end') {
      closeSync(descriptor)
      port.close()
    } else port.postMessage({ batch: lists[list].next().value ?? null })
  })
  port.postMessage({ head, bytes: size, sha256: hash.digest('hex') })
} catch (error) {
  if (!(error instanceof ReportError)) throw error
  const { code, message, format: named } = error
  port.postMessage({ refused: { code, message, format: named } })
}
