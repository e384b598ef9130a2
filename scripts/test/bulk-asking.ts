/** How tests change many of a noun, and what they are told. */
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Visitor } from '../test-house.ts'

export type BulkItem = { id: string; outcome: string; code: string | null; message: string | null }
export type BulkTold = {
  batchId: string | null
  dryRun: boolean
  matched: number
  changed: number
  refused: number
  items: BulkItem[]
  operation: { id: string; status: string } | null
}
export const told =
  'batchId dryRun matched changed refused items { id outcome code message } operation { id status }'

/** Asks `bulkUpdate<Name>` or its undo; answers what it told, or the code of its refusal. */
async function ask(of: Visitor, mutation: string, input: object) {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`
  const { body } = await of.graphql(
    `mutation ($input: ${type}!) { it: ${mutation}(input: $input) { ${told} } }`,
    { input },
  )
  const code = body.errors?.[0]?.extensions.code as string | undefined
  return { result: body.data?.it as BulkTold, code, body }
}

const ended = ['COMPLETE', 'FAILED', 'CANCELLED']

/** How many of one noun are changed, such as `Vulnerabilities`. */
export const bulkOf = (name: string) => ({
  async change(of: Visitor, input: object): Promise<BulkTold> {
    const { result, body } = await ask(of, `bulkUpdate${name}`, input)
    assert.ok(result, JSON.stringify(body.errors))
    return result
  },
  async undo(of: Visitor, batchId: string | null): Promise<BulkTold> {
    const { result, body } = await ask(of, `undoBulkUpdate${name}`, { batchId })
    assert.ok(result, JSON.stringify(body.errors))
    return result
  },
  refusal: async (of: Visitor, input: object) => (await ask(of, `bulkUpdate${name}`, input)).code,
  undoRefusal: async (of: Visitor, batchId: string | null) =>
    (await ask(of, `undoBulkUpdate${name}`, { batchId })).code,
})

/** What became of each, by its id. */
export const outcomes = ({ items }: BulkTold): Map<string, string> =>
  new Map(items.map(({ id, outcome, code }) => [id, code ? `${outcome} ${code}` : outcome]))

/** The status of an operation once it has one of these; `until` it has ended, unless said. */
export async function statusOf(of: Visitor, id: string, until: readonly string[] = ended): Promise<string> {
  for (;;) {
    const { body } = await of.graphql(`{ operation(id: "${id}") { status } }`)
    const { status } = body.data.operation
    if (until.includes(status)) return status
    await pause(50)
  }
}
