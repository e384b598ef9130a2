import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Deadline, deadlineIn } from '#kit/deadline.ts'
import { forbidden } from '#kit/errors.ts'
import type { Transport } from '#kit/transport.ts'
import { createBreaker } from '../federation/calls/breaker.ts'
import { createSource, type SourceOptions, type SourceRequest } from '../federation/source.ts'

type Question = {
  query: string
  variables: Record<string, unknown>
  edge: Deadline
  deadlineMs: number
  kind: 'query' | 'mutation'
}

async function ask(
  transport: Transport,
  { edge, deadlineMs = 1_000, kind = 'query', ...given }: Partial<Question> = {},
) {
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
    kind,
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
    ({ deadline }) =>
      new Promise(() => {
        deadline!.onOver(() => {
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
  const edge = deadlineIn(60_000)
  const hanging = ask(() => new Promise(() => {}), { edge })
  edge.end()
  assert.equal((await hanging).errors![0]!.extensions!.code, 'SERVICE_UNAVAILABLE')
  const late = await ask(async () => ({ data: {} }), { edge })
  assert.equal(late.errors![0]!.extensions!.code, 'SERVICE_UNAVAILABLE')
})

test('what was late before it was signed is never sent', async () => {
  let sent = 0
  const { promise: token, resolve: sign } = Promise.withResolvers<string>()
  const source = createSource<{ requestId: string }>({
    name: 'assets',
    transport: async () => ({ data: { sent: ++sent } }),
    tokenFor: () => token,
  })
  const edge = deadlineIn(60_000)
  const mutation = { kind: 'mutation', query: 'mutation { change }', deadline: edge } as const
  const late = source.fetch(request(mutation))
  edge.end()
  sign('token')
  assert.equal((await late).errors![0]!.extensions!.code, 'SERVICE_UNAVAILABLE')
  await pause(5)
  assert.equal(sent, 0)
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

const key = (id: string) => ({ __typename: 'Asset', id })
const open = (transport: Transport, options: Partial<SourceOptions<Context>> = {}) =>
  createSource<Context>({ name: 'assets', transport, tokenFor: async ({ token }) => token, ...options })
type Context = { requestId: string; token: string }
const request = (over: Partial<SourceRequest> = {}, token = 'one'): SourceRequest => ({
  subgraph: 'assets',
  kind: 'query',
  query: '{ me { id } }',
  variables: {},
  context: { requestId: 'r', token },
  ...over,
})

test('equal queries of one caller are made once, and everyone may change what he gets', async () => {
  let calls = 0
  const source = open(async ({ token }) => {
    calls++
    await pause(5)
    return { data: { me: { id: token } } }
  })
  const [first, second, other, different] = await Promise.all([
    source.fetch(request()),
    source.fetch(request()),
    source.fetch(request({}, 'two')),
    source.fetch(request({ variables: { a: 1 } })),
  ])
  assert.equal(calls, 3)
  assert.deepEqual(first, second)
  assert.notEqual(first.data!.me, second.data!.me)
  assert.deepEqual(other.data, { me: { id: 'two' } })
  assert.deepEqual(different.data, first.data)
  await source.fetch(request())
  assert.equal(calls, 4)
})

test('nobody gets an answer from before his change', async () => {
  let state = 'old'
  let calls = 0
  const source = open(async ({ query }) => {
    calls++
    if (query.startsWith('mutation')) state = 'new'
    const seen = state
    await pause(query.startsWith('mutation') ? 1 : 20)
    return { data: { seen } }
  })
  const before = source.fetch(request())
  const during = source.fetch(request({ isFresh: true }))
  await source.fetch(request({ kind: 'mutation', query: 'mutation { touch }' }))
  const after = await Promise.all([source.fetch(request()), source.fetch(request())])
  assert.deepEqual((await before).data, { seen: 'old' })
  assert.deepEqual((await during).data, { seen: 'old' })
  assert.deepEqual(
    after.map(({ data }) => data),
    [{ seen: 'new' }, { seen: 'new' }],
  )
  assert.equal(calls, 4)
})

test('one who gives up does not take the answer from the others', async () => {
  const edge = deadlineIn(60_000)
  const source = open(async () => {
    await pause(20)
    return { data: { me: null } }
  })
  const asked = [source.fetch(request({ deadline: edge })), source.fetch(request())]
  edge.end()
  const [gaveUp, waited] = await Promise.all(asked)
  assert.equal(gaveUp!.errors![0]!.extensions!.code, 'SERVICE_UNAVAILABLE')
  assert.deepEqual(waited, { data: { me: null } })
})

test('mutations are neither shared nor made again', async () => {
  let calls = 0
  const source = open(async () => {
    calls++
    throw new Error('broken pipe')
  })
  const mutation = request({ kind: 'mutation', query: 'mutation { touch }' })
  const answers = await Promise.all([source.fetch(mutation), source.fetch(mutation)])
  assert.equal(calls, 2)
  assert.ok(answers.every(({ errors }) => errors?.length === 1))
})

test('a query that fails is made again once, while there are few of them', async () => {
  let calls = 0
  const source = open(async () => {
    calls++
    if (calls === 1) throw new Error('broken pipe')
    return { data: { me: null } }
  })
  assert.deepEqual(await source.fetch(request()), { data: { me: null } })
  assert.equal(calls, 2)
  let made = 0
  const never = open(
    async () => {
      made++
      throw new Error('broken pipe')
    },
    { breaker: createBreaker({ failures: 1_000 }) },
  )
  await Promise.all(Array.from({ length: 50 }, (_, index) => never.fetch(request({ variables: { index } }))))
  assert.ok(made >= 60 && made <= 66, String(made))
})

test('a subgraph that only fails is left alone, and tried again later', async () => {
  let clock = 0
  let calls = 0
  let isWell = false
  const breaker = createBreaker({ failures: 3, restMs: 100, now: () => clock })
  const source = open(
    async () => {
      calls++
      if (!isWell) throw new Error('broken pipe')
      return { data: { me: null } }
    },
    { breaker },
  )
  const mutation = () => source.fetch(request({ kind: 'mutation' }))
  for (let time = 0; time < 6; time++) await mutation()
  assert.equal(calls, 3)
  clock = 150
  await Promise.all([mutation(), mutation()])
  assert.equal(calls, 4)
  isWell = true
  clock = 300
  await mutation()
  assert.deepEqual(await mutation(), { data: { me: null } })
  assert.equal(calls, 6)
})

test('refusals do not count as failures', async () => {
  const breaker = createBreaker({ failures: 1 })
  const source = open(() => Promise.reject(forbidden()), { breaker })
  await source.fetch(request())
  assert.equal(breaker.state(), 'closed')
})

test('many entities are asked in parts, and a part that fails takes only its own', async () => {
  const source = open(
    async ({ variables }) => {
      const asked = variables!.representations as { id: string }[]
      if (asked.some(({ id }) => id === '2')) throw forbidden()
      return {
        data: { _entities: asked.map(({ id }) => ({ name: id })) },
        errors: [{ message: 'x', path: ['_entities', 0, 'name'] }],
      }
    },
    { entitiesPerCall: 2 },
  )
  const representations = ['0', '1', '2', '3', '4'].map(key)
  // Under the name of the whole call, no part of it is taken for another one.
  const { data, errors } = await source.fetch(request({ variables: { representations }, question: 'all' }))
  assert.deepEqual(data!._entities, [{ name: '0' }, { name: '1' }, null, null, { name: '4' }])
  assert.deepEqual(
    errors!.map(({ path, extensions }) => [path!.join('.'), extensions?.code]),
    [
      ['_entities.0.name', undefined],
      ['_entities.2', 'FORBIDDEN'],
      ['_entities.3', 'FORBIDDEN'],
      ['_entities.4.name', undefined],
    ],
  )
})
