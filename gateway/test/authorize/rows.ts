import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, Caller } from './house.ts'

export type Row = [
  what: string,
  query: string,
  caller: Caller,
  data: unknown,
  withheld: string[],
  also?: { variables?: Record<string, unknown>; calls?: string[] },
]
type Short = [query: string, caller: Caller, data: unknown, withheld: string[]]
type House = {
  ask(query: string, caller: Caller, variables?: Record<string, unknown>): Promise<Answer>
  asked: { subgraph: string; query: string }[]
}
export const anonymous: Caller = {}
export const member: Caller = { scopes: [] }
export const scoped = (...scopes: string[]): Caller => ({ scopes })
export const met = (...policies: string[]): Caller => ({ policies })

/** Tests that each question is answered as its row says. */
export const check = ({ ask, asked }: House, rows: readonly Row[]) => {
  for (const [what, query, caller, data, withheld, { variables = {}, calls } = {}] of rows)
    test(`${what}: ${query}`, async () => {
      asked.length = 0
      const answer = await ask(query, caller, variables)
      assert.equal(JSON.stringify(answer.data), JSON.stringify(data))
      assert.deepEqual(answer.withheld, withheld)
      assert.deepEqual(answer.others, [])
      if (calls)
        assert.deepEqual(
          asked.map(({ subgraph, query }) => `${subgraph} ${query}`),
          calls,
        )
    })
}

/** Throws unless each question is answered as its row says; tells what subgraphs were asked. */
export async function checked({ ask, asked }: House, rows: readonly Short[]) {
  for (const [query, caller, data, withheld] of rows) {
    const answer = await ask(query, caller)
    assert.equal(JSON.stringify(answer.data), JSON.stringify(data), query)
    assert.deepEqual([answer.withheld, answer.others], [withheld, []], query)
  }
  return asked.map(({ query }) => query)
}
