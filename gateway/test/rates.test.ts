import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listen, openSocket } from '../../scripts/test/listeners.ts'
import { usualRates } from '../rates.ts'
import { bearer, type GraphqlAnswer, member, openGateway } from './gateway.ts'
import { fewOf, newKey, standing } from './keyed.ts'

const read = { query: '{ assetStats { total } }' }
const graph = { method: 'POST', url: '/graphql', payload: read } as const
const rest = { url: '/api/v1/assets/stats' }
const codesOf = (answers: unknown[]) =>
  (answers as GraphqlAnswer[]).flatMap(({ errors }) => errors?.map(({ extensions }) => extensions.code))

test('the tiers are those that partners are promised', () => {
  assert.deepEqual(usualRates, {
    standard: { window: { points: 1_000, seconds: 60 }, burst: { points: 100, seconds: 1 } },
    enterprise: { window: { points: 5_000, seconds: 60 }, burst: { points: 500, seconds: 1 } },
    internal: { atOnce: 50 },
  })
})

test('a key is counted once over all doors, and told how much is left', async (t) => {
  const { app, house } = await openGateway(t, { standing, rates: fewOf(5, 100) })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const headers = newKey()
  const left = async (ask: object) => {
    const { statusCode, headers: told } = await app.inject({ ...ask, headers })
    assert.match(String(told['ratelimit-policy']), /^"default";q=5;w=600, "burst";q=100;w=600$/)
    return [statusCode, /^"default";r=(\d+);t=\d+$/.exec(String(told.ratelimit))?.[1]]
  }
  assert.deepEqual(await left(graph), [200, '4'])
  assert.deepEqual(await left(rest), [200, '3'])
  assert.deepEqual(await left({ url: '/api/v1/assets/nothing' }), [404, '2'])
  assert.deepEqual(await left({ url: '/api/v1/assets?nothing=1' }), [400, '1'])
  const socket = await openSocket(url, headers)
  assert.deepEqual(await socket.ask(read.query), [{ data: { assetStats: { total: 3 } } }])
  const before = Object.values(house.asked).flat().length
  assert.deepEqual(codesOf(await socket.ask(read.query)), ['RATE_LIMITED'])
  socket.close()
  const mutation = 'mutation { startImport(input: {}) { run { id } } }'
  for (const ask of [
    { ...graph, payload: { query: mutation } },
    rest,
    { method: 'POST', url: '/api/v1/integrations/imports?format=trivy', payload: {} },
    { url: '/graphql/stream?query={assetStats{total}}', accept: 'text/event-stream' },
  ] as const) {
    const { statusCode, headers: told, body } = await app.inject({ ...ask, headers })
    assert.equal(statusCode, 429, JSON.stringify(ask))
    assert.match(body, /"RATE_LIMITED"/)
    assert.match(String(told.ratelimit), /^"default";r=0;t=\d+$/)
    assert.ok(Number(told['retry-after']) > 0 && Number(told['retry-after']) <= 600)
  }
  assert.equal(Object.values(house.asked).flat().length, before, 'who is refused has no effect')
  const other = newKey()
  assert.equal((await app.inject({ ...graph, headers: other })).statusCode, 200, 'another key has its own')
})

test('who asks too fast is refused without using up their minute', async (t) => {
  const { app } = await openGateway(t, { standing, rates: fewOf(100, 3) })
  const headers = newKey('enterprise')
  const answers = []
  for (let times = 0; times < 6; times++) answers.push(await app.inject({ ...rest, headers }))
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [200, 200, 200, 429, 429, 429],
  )
  assert.match(String(answers[2]!.headers.ratelimit), /^"default";r=97;/)
  assert.match(String(answers[5]!.headers.ratelimit), /^"burst";r=0;/)
})

test('what costs much counts for more', async (t) => {
  const { app } = await openGateway(t, { standing, rates: fewOf(1_000, 1_000) })
  const headers = { ...newKey(), 'x-nexus-cost': '1' }
  const query = '{ assets(first: 100) { edges { node { alerts { asset { alerts { title } } } } } } }'
  const dear = await app.inject({ ...graph, payload: { query }, headers })
  const { estimated } = dear.json().extensions.cost
  assert.ok(estimated > 1_000, `${estimated}`)
  const { headers: told } = await app.inject({ ...rest, headers })
  const left = 1_000 - 2 - Math.floor(estimated / 1_000)
  assert.match(String(told.ratelimit), new RegExp(`^"default";r=${left};`))
})

test('people and the anonymous are not counted', async (t) => {
  const { app } = await openGateway(t, { standing, rates: fewOf(1, 1, 1) })
  for (const headers of [await bearer(member()), {}])
    for (let times = 0; times < 5; times++) {
      const answer = await app.inject({ ...graph, headers })
      assert.equal(answer.statusCode, 200)
      assert.deepEqual(
        Object.keys(answer.headers).filter((name) => name.startsWith('ratelimit')),
        [],
      )
    }
})

test('an internal key may ask as often as it likes, but not more than a few questions at once', async (t) => {
  const waiting = Promise.withResolvers<void>()
  t.after(() => waiting.resolve())
  const begun = Promise.withResolvers<void>()
  let asked = 0
  const alerts = async () => {
    asked += 1
    if (asked === 2) begun.resolve()
    await waiting.promise
    return { data: { alertStats: { total: 3, open: 3, bySeverity: [], byStatus: [] } } }
  }
  const { app } = await openGateway(t, { standing, rates: fewOf(1, 1, 2), transports: { alerts } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const headers = newKey('internal')
  for (let times = 0; times < 20; times++)
    assert.equal((await app.inject({ ...rest, headers })).statusCode, 200)
  // Not the same question, which would be asked once for both.
  const first = app.inject({ ...graph, payload: { query: '{ alertStats { total } }' }, headers })
  const second = app.inject({ ...graph, payload: { query: '{ alertStats { open } }' }, headers })
  await begun.promise
  const refused = await app.inject({ ...rest, headers })
  assert.equal(refused.statusCode, 429)
  assert.match(String(refused.headers['ratelimit-policy']), /^"default";q=2;qu="concurrent-requests"$/)
  const socket = await openSocket(url, headers)
  assert.deepEqual(codesOf(await socket.ask(read.query)), ['RATE_LIMITED'])
  waiting.resolve()
  assert.deepEqual([(await first).statusCode, (await second).statusCode], [200, 200])
  assert.equal((await app.inject({ ...rest, headers })).statusCode, 200)
  assert.deepEqual(await socket.ask(read.query), [{ data: { assetStats: { total: 3 } } }])
  socket.close()
})

test('a stream of an internal key is under way until it is left', async (t) => {
  const stream = async ({ signal }: { signal?: AbortSignal }) => ({
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise<{ done: true; value: undefined }>((resolve) =>
          signal!.addEventListener('abort', () => resolve({ done: true, value: undefined })),
        ),
    }),
  })
  const alerts = Object.assign(async () => ({}), { stream })
  const { app } = await openGateway(t, { standing, rates: fewOf(1, 1, 1), transports: { alerts } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const headers = newKey('internal')
  const token = headers.authorization.slice('Bearer '.length)
  const live = await listen(url, token, 'subscription { alertChanged { alert { title } } }')
  assert.equal((await app.inject({ ...rest, headers })).statusCode, 429)
  live.close()
  await live.ended
  // The server hears of it a moment later, and needs one to hear.
  while ((await fetch(`${url}${rest.url}`, { headers })).status !== 200);
})
