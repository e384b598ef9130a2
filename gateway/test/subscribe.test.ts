import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ExecutionResult, parse } from 'graphql'
import { isStream } from '#kit/stream.ts'
import type { Stream, SubgraphRequest, SubgraphResponse } from '#kit/transport.ts'
import { documentOf } from '../federation/documents.ts'
import { createEngine } from '../federation/engine.ts'
import { createSource } from '../federation/source.ts'
import { compose } from './toy.ts'

const event = () => ({ data: { changed: { by: 'ada', thing: { __typename: 'Thing', id: '1' } } } })

/** Two subgraphs: one tells of things, the other one knows their names. */
function open(stream?: Stream) {
  const house = compose([
    {
      name: 'events',
      sdl: `type Query { nothing: Int } type Thing @key(fields: "id") { id: ID! }
        type Changed { by: String thing: Thing } type Subscription { changed(of: Int): Changed other: Int }`,
      resolvers: { Thing: { __resolveReference: (key: object) => key } },
    },
    {
      name: 'names',
      sdl: 'type Thing @key(fields: "id") { id: ID! name: String }',
      resolvers: { Thing: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `thing ${id}` }) } },
    },
  ])
  if (stream) house.transports.events = Object.assign(async () => ({}), { stream })
  const engine = createEngine({
    supergraphSdl: house.supergraphSdl,
    sourceFor: (name) =>
      createSource<{ requestId: string }>({
        name,
        transport: house.transports[name]!,
        tokenFor: async () => 'token',
        deadlineMs: 500,
      }),
  })
  const subscribe = (query: string, variables = {}) =>
    engine.subscribe({ document: documentOf(parse(query)), variables, context: { requestId: 'r' } })
  return { subscribe, ...house }
}

async function* from(...answers: SubgraphResponse[]): AsyncGenerator<SubgraphResponse> {
  yield* answers
}

async function all(subscribed: Awaited<ReturnType<ReturnType<typeof open>['subscribe']>>) {
  assert.ok(isStream<ExecutionResult>(subscribed), JSON.stringify(subscribed))
  const found: ExecutionResult[] = []
  for await (const answer of subscribed) found.push(answer)
  return JSON.parse(JSON.stringify(found))
}

test('each event is joined with what other subgraphs know, and is itself left as it was', async () => {
  const shared = event()
  let asked: SubgraphRequest | undefined
  const { subscribe } = open(async (request) => {
    asked = request
    return from(shared, shared)
  })
  const query = 'subscription ($of: Int) { now: changed(of: $of) { who: by thing { name } } }'
  shared.data = { now: { who: 'ada', thing: { __typename: 'Thing', id: '1' } } } as never
  const joined = { data: { now: { who: 'ada', thing: { name: 'thing 1' } } } }
  assert.deepEqual(await all(await subscribe(query, { of: 3 })), [joined, joined])
  assert.deepEqual(asked!.variables, { of: 3 })
  assert.equal(JSON.stringify(shared).includes('"name"'), false)
})

test('an event with errors keeps them, and the next one is whole again', async () => {
  const broken = {
    data: { changed: null },
    errors: [{ message: 'gone', path: ['changed'], extensions: { code: 'NOT_FOUND' } }],
  }
  const { subscribe } = open(async () => from(broken, event()))
  const [first, second] = await all(await subscribe('subscription { changed { by thing { name } } }'))
  assert.equal(first.data.changed, null)
  assert.deepEqual([first.errors[0].path, first.errors[0].extensions.code], [['changed'], 'NOT_FOUND'])
  assert.deepEqual(second, { data: { changed: { by: 'ada', thing: { name: 'thing 1' } } } })
})

test('a refusal, or a subgraph that cannot be subscribed to, is an answer', async () => {
  const refusing = open(async () => ({ errors: [{ message: 'No', extensions: { code: 'FORBIDDEN' } }] }))
  const throwing = open(async () => {
    throw new Error('connect ECONNREFUSED')
  })
  for (const [house, code] of [
    [refusing, 'FORBIDDEN'],
    [throwing, 'SERVICE_UNAVAILABLE'],
    [open(), 'SERVICE_UNAVAILABLE'],
  ] as const) {
    const answer = await house.subscribe('subscription { changed { by } }')
    assert.ok(!isStream(answer))
    assert.equal(answer.errors![0]!.extensions.code, code)
  }
})

test('what cannot be planned is refused before anybody is asked', async () => {
  const { subscribe } = open(async () => assert.fail('asked'))
  const one = 'changed { by }'
  for (const query of [
    `subscription ($a: Boolean = true) { changed @include(if: $a) { by } }`,
    `subscription { ... @skip(if: false) { ${one} } }`,
    `subscription { ...A } fragment A on Subscription { ${one} other }`,
    'subscription { __typename }',
    '{ nothing }',
  ]) {
    const answer = await subscribe(query)
    assert.ok(!isStream(answer))
    const expected = query.startsWith('{') ? 'OPERATION_RESOLUTION_FAILURE' : 'GRAPHQL_VALIDATION_FAILED'
    assert.equal(answer.errors![0]!.extensions.code, expected, query)
  }
  const wrong = await subscribe('subscription ($of: Int!) { changed(of: $of) { by } }', { of: 'x' })
  assert.ok(!isStream(wrong))
  assert.equal(wrong.errors![0]!.extensions.code, 'BAD_USER_INPUT')
})

test('leaving ends the upstream, also while it is waited for', async () => {
  let signal: AbortSignal | undefined
  const { subscribe } = open(async (request) => {
    signal = request.signal
    const ended = new Promise<void>((resolve) => request.signal!.addEventListener('abort', () => resolve()))
    const next = () => ended.then(() => ({ done: true as const, value: undefined }))
    return { [Symbol.asyncIterator]: () => ({ next }) }
  })
  const answers = await subscribe('subscription { changed { by } }')
  assert.ok(isStream(answers))
  const waiting = answers.next()
  await answers.return?.()
  assert.equal((await waiting).done, true)
  assert.equal(signal!.aborted, true)
})
