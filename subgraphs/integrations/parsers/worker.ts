import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { openReport } from './index.ts'
import { sourceOfFile } from './records.ts'
import { ReportError } from './report.ts'

type Told = { path: string; format: string | null; batchSize: number }

/** Tells what a report is, once all of it was found in order, and then a batch each time it is asked for one. */
const { path, format, batchSize } = workerData as Told
const port = parentPort!
const descriptor = openSync(path, 'r')

function* batchesOf<Item>(items: Iterable<Item>): Generator<Item[]> {
  let batch: Item[] = []
  for (const item of items) {
    batch.push(item)
    if (batch.length < batchSize) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

try {
  const hash = createHash('sha256')
  const { size } = fstatSync(descriptor)
  const source = sourceOfFile(descriptor, size)
  const { findings, checks, ...head } = openReport(source, format ?? undefined, (bytes) => hash.update(bytes))
  const lists = {
    findings: batchesOf(findings()),
    checks: batchesOf(checks()),
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
