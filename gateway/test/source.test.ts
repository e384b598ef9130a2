import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GraphQLDataSource } from '@apollo/gateway'
import { forbidden } from '#kit/errors.ts'
import type { SubgraphResponse, Transport } from '#kit/transport.ts'
import { createSource } from '../federation/source.ts'

const entities = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Asset { name owner: user { id } } ... on Alert { title } }
}`
const keysOf = (...ids: string[]) => ids.map((id) => ({ __typename: 'Asset', id }))

async function ask(
  transport: Transport,
  { query = entities, representations, edge, deadlineMs = 1_000 }: Partial<Question> = {},
) {
  const failures: unknown[] = []
  const source: GraphQLDataSource = createSource<{ requestId: string }>({
    name: 'assets',
    transport,
    tokenFor: async () => 'token',
    deadlineMs,
    onFailure: ({ error }) => failures.push(error),
  })
  const answer = (await source.process({
    kind: 'incoming operation' as never,
    request: { query, variables: representations ? { representations } : {} },
    context: { requestId: 'r' },
    incomingRequestContext: { deadline: edge } as never,
  })) as SubgraphResponse
  return { ...answer, failures }
}
type Question = { query: string; representations: object[]; edge: AbortSignal; deadlineMs: number }

test('equal representations are asked once, and what comes back goes to each, errors too', async () => {
  const { data, errors } = await ask(
    async ({ variables }) => {
      assert.deepEqual(variables!.representations, keysOf('1', '2'))
      return {
        data: { _entities: [{ name: 'one', tags: ['a'] }, null] },
        errors: [{ message: 'gone', path: ['_entities', 1, 'name'] }, { message: 'elsewhere' }],
      }
    },
    { representations: keysOf('1', '2', '1', '2') },
  )
  const [first, second, third] = data!._entities as { name: string; tags: string[] }[]
  assert.deepEqual([first, second, third], [{ name: 'one', tags: ['a'] }, null, { name: 'one', tags: ['a'] }])
  assert.notEqual(first!.tags, third!.tags)
  assert.deepEqual(errors, [
    { message: 'gone', path: ['_entities', 1, 'name'] },
    { message: 'gone', path: ['_entities', 3, 'name'] },
    { message: 'elsewhere' },
  ])
})

test('a slow subgraph is given up, and told so', async () => {
  let aborted = false
  const { errors } = await ask(
    ({ signal }) =>
      new Promise(() => {
        signal!.addEventListener('abort', () => {
          aborted = true
        })
      }),
    { representations: keysOf('1'), deadlineMs: 20 },
  )
  assert.ok(aborted)
  assert.deepEqual(
    errors!.map(({ path, extensions }) => [path!.join('.'), extensions]),
    [
      ['_entities.0.name', { code: 'SERVICE_UNAVAILABLE' }],
      ['_entities.0.owner', { code: 'SERVICE_UNAVAILABLE' }],
    ],
  )
})

test('the deadline of the whole operation ends its calls', async () => {
  const edge = new AbortController()
  const hanging = ask(() => new Promise(() => {}), { query: '{ me { id } }', edge: edge.signal })
  edge.abort()
  assert.equal((await hanging).errors![0]!.extensions!.code, 'SERVICE_UNAVAILABLE')
  const late = await ask(async () => ({ data: {} }), { query: '{ me { id } }', edge: edge.signal })
  assert.deepEqual(late.errors![0]!.path, ['me'])
})

for (const lie of [null, undefined, 'html', [], {}, { data: [] }, { errors: 'many' }])
  test(`an answer that is none is a failure: ${JSON.stringify(lie)}`, async () => {
    const { errors, failures } = await ask(async () => lie as never, {
      query: '{ me { id } mine: me { id } }',
    })
    assert.deepEqual(
      errors!.map(({ path }) => path),
      [['me'], ['mine']],
    )
    assert.equal(failures.length, 1)
  })

test('a refusal keeps its code, a failure is not told', async () => {
  const refused = await ask(() => Promise.reject(forbidden()), { query: '{ me { id } }' })
  assert.equal(refused.errors![0]!.extensions!.code, 'FORBIDDEN')
  const failed = await ask(() => Promise.reject(new Error('db.internal')), { query: '{ me { id } }' })
  assert.equal(failed.errors![0]!.extensions!.code, 'SERVICE_UNAVAILABLE')
  assert.doesNotMatch(JSON.stringify(failed.errors), /internal/)
})
