import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forbidden } from '#kit/errors.ts'
import type { Transport } from '#kit/transport.ts'
import { createSource } from '../federation/source.ts'

type Question = { query: string; variables: Record<string, unknown>; edge: AbortSignal; deadlineMs: number }

async function ask(transport: Transport, { edge, deadlineMs = 1_000, ...given }: Partial<Question> = {}) {
  const failures: unknown[] = []
  const source = createSource<{ requestId: string }>({
    name: 'assets',
    transport,
    tokenFor: async () => 'token',
    deadlineMs,
    onFailure: ({ error }) => failures.push(error),
  })
  const { query = '{ me { id } }', variables = {} } = given
  const answer = await source.fetch({
    subgraph: 'assets',
    kind: 'query',
    query,
    variables,
    context: { requestId: 'r' },
    deadline: edge,
  })
  return { ...answer, failures }
}

test('a slow subgraph is given up, and told so', async () => {
  let aborted = false
  const { data, errors } = await ask(
    ({ signal }) =>
      new Promise(() => {
        signal!.addEventListener('abort', () => {
          aborted = true
        })
      }),
    { deadlineMs: 20 },
  )
  assert.ok(aborted)
  assert.equal(data, undefined)
  assert.deepEqual(
    errors!.map(({ extensions }) => extensions),
    [{ code: 'SERVICE_UNAVAILABLE' }],
  )
})

test('the deadline of the whole operation ends its calls', async () => {
  const edge = new AbortController()
  const hanging = ask(() => new Promise(() => {}), { edge: edge.signal })
  edge.abort()
  assert.equal((await hanging).errors![0]!.extensions!.code, 'SERVICE_UNAVAILABLE')
  const late = await ask(async () => ({ data: {} }), { edge: edge.signal })
  assert.equal(late.errors![0]!.extensions!.code, 'SERVICE_UNAVAILABLE')
})

for (const lie of [null, undefined, 'html', [], {}, { data: [] }, { errors: 'many' }])
  test(`an answer that is none is a failure: ${JSON.stringify(lie)}`, async () => {
    const { data, errors, failures } = await ask(async () => lie as never)
    assert.equal(data, undefined)
    assert.equal(errors![0]!.extensions!.code, 'SERVICE_UNAVAILABLE')
    assert.equal(failures.length, 1)
  })

test('a refusal keeps its code, a failure is not told', async () => {
  const refused = await ask(() => Promise.reject(forbidden()))
  assert.equal(refused.errors![0]!.extensions!.code, 'FORBIDDEN')
  const failed = await ask(() => Promise.reject(new Error('db.internal')))
  assert.equal(failed.errors![0]!.extensions!.code, 'SERVICE_UNAVAILABLE')
  assert.doesNotMatch(JSON.stringify(failed.errors), /internal/)
})
