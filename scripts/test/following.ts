/** Reports that tests ask for, and how they are followed to their end. */
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Visitor } from '../test-house.ts'

export type Followed = { report: string; operation: string }
type Item = Record<string, string | number | null>

export async function askForReport(visitor: Visitor, body: Record<string, unknown>): Promise<Followed> {
  const answer = await visitor.rest('POST', '/reports/generate', body)
  assert.equal(answer.status, 202, answer.text)
  const { report, operation } = answer.body.data
  assert.equal(answer.headers.get('location'), `/api/v1/operations/${operation.id}`)
  return { report: report.id, operation: operation.id }
}

/** The report at the end of its operation, whichever it is. */
export async function followReport(visitor: Visitor, of: Followed, ms = 60_000): Promise<Item> {
  for (const from = Date.now(); Date.now() - from < ms; await pause(50)) {
    const { body } = await visitor.rest('GET', `/operations/${of.operation}`)
    if (body.data.status === 'queued' || body.data.status === 'running') continue
    return (await visitor.rest('GET', `/reports/${of.report}`)).body.data
  }
  throw new Error(`the operation ${of.operation} does not end`)
}

export const makeReport = async (visitor: Visitor, body: Record<string, unknown>): Promise<Item> =>
  followReport(visitor, await askForReport(visitor, body))

/** The records of a CSV by RFC 4180. */
export function recordsOf(csv: string): string[][] {
  const cells = csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)
  const records: string[][] = [[]]
  for (const [whole, quoted, plain, end] of cells) {
    if (whole === '') break
    records.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === '\n') records.push([])
  }
  assert.deepEqual(records.pop(), [], 'a CSV ends with its last record')
  return records
}
