import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { signAccessToken } from '#kit/tokens.ts'
import { openSocket } from '../../scripts/test/listeners.ts'
import type { GatewayContext } from '../context.ts'
import { createPersisted } from '../federation/persisted.ts'
import { bearer, keys, member, openGateway } from './gateway.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const registered = (name: string, text: string) => ({ id: sha256(text), name, text, kind: 'query' })
const hashOf = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: sha256(text) } })

const stats = registered('Stats', 'query Stats { assetStats { total } }')
const change = registered('Change', 'mutation Change { __typename }')
const text = '{ me { email } }'
const answer = { assetStats: { total: 3 } }

type Question = { query?: string; documentId?: string; id?: string; extensions?: object }

/** A gateway on a socket, every door of which answers alike: what it told, and how often subgraphs were asked. */
async function open(t: TestContext, only?: (context: GatewayContext) => boolean) {
  const documents = { registered: [stats, change], ...(only && { only }) }
  const { app, house } = await openGateway(t, { documents })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const viewer = member()
  const headers = { ...(await bearer(viewer)), 'content-type': 'application/json' }
  const asked = () => Object.values(house.asked).reduce((sum, calls) => sum + calls.length, 0)
  const told = async (response: Response) => {
    const { data, errors } = JSON.parse(await response.text())
    return { data, code: errors?.[0].extensions.code, status: response.status }
  }
  const search = (question: Question) =>
    new URLSearchParams(
      Object.entries(question).map(([name, value]): [string, string] => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    )
  const socket = await openSocket(url, {
    authorization: `Bearer ${await signAccessToken(keys, viewer)}`,
  })
  const event = (written: string) => JSON.parse(/^data: (.*)$/m.exec(written)![1]!)
  const doors = {
    POST: async (question: Question) =>
      told(await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify(question) })),
    'POST with more extensions': async (question: Question) => {
      const extensions = { ...question.extensions, other: 1 }
      const body = JSON.stringify({ ...question, extensions })
      return told(await fetch(`${url}/graphql`, { method: 'POST', headers, body }))
    },
    GET: async (question: Question) => told(await fetch(`${url}/graphql?${search(question)}`, { headers })),
    'a stream': async (question: Question) => {
      const response = await fetch(`${url}/graphql/stream`, {
        method: 'POST',
        headers: { ...headers, accept: 'text/event-stream' },
        body: JSON.stringify(question),
      })
      const { data, errors } = event(await response.text())
      return { data, code: errors?.[0].extensions.code }
    },
    'a stream by GET': async (question: Question) => {
      const { authorization } = headers
      const accept = { authorization, accept: 'text/event-stream' }
      const response = await fetch(`${url}/graphql/stream?${search(question)}`, { headers: accept })
      const { data, errors } = event(await response.text())
      return { data, code: errors?.[0].extensions.code }
    },
    'a socket': async (question: Question) => {
      const [first] = (await socket.ask(question.query ?? '', {}, question)) as [
        { data?: unknown; errors?: { extensions: { code: string } }[]; extensions?: { code: string } },
      ]
      return { data: first.data, code: (first.errors?.[0] ?? first).extensions?.code }
    },
  }
  t.after(() => socket.close())
  return { doors: Object.entries(doors), asked, url, headers }
}

test('a text is remembered with its hash, and the hash stands for it then, at every door', async (t) => {
  const { doors, asked } = await open(t)
  for (const [index, [door, ask]] of doors.entries()) {
    const own = `{ a${index}: me { email } }`
    const before = asked()
    const unknown = await ask({ extensions: hashOf(own) })
    assert.equal(unknown.code, 'PERSISTED_QUERY_NOT_FOUND', door)
    assert.ok(!('status' in unknown) || unknown.status === 200, door)
    const other = await ask({ query: own, extensions: hashOf(text) })
    assert.equal(other.code, 'BAD_REQUEST', door)
    const version = await ask({ query: own, extensions: { persistedQuery: { version: 2 } } })
    assert.equal(version.code, 'BAD_REQUEST', door)
    assert.equal(asked(), before, door)
    const whole = await ask({ query: own, extensions: hashOf(own) })
    assert.ok(whole.data, door)
    assert.deepEqual((await ask({ extensions: hashOf(own) })).data, whole.data, door)
    assert.equal(asked(), before + 2, door)
  }
})

test('what is no document is not remembered', async (t) => {
  const { doors } = await open(t)
  for (const [door, ask] of doors) {
    const wrong = '{ nothing }'
    assert.equal((await ask({ query: wrong, extensions: hashOf(wrong) })).code, 'GRAPHQL_VALIDATION_FAILED')
    assert.equal((await ask({ extensions: hashOf(wrong) })).code, 'PERSISTED_QUERY_NOT_FOUND', door)
  }
})

test('a registered operation is asked by its id, under each of its names', async (t) => {
  const { doors } = await open(t)
  for (const [door, ask] of doors)
    for (const question of [
      { documentId: stats.id },
      { documentId: `sha256:${stats.id}` },
      { id: stats.id },
      { extensions: hashOf(stats.text) },
    ]) {
      assert.deepEqual((await ask(question)).data, answer, `${door} ${JSON.stringify(question)}`)
    }
})

test('where only registered operations are answered, nothing else is executed', async (t) => {
  const { doors, asked } = await open(t, ({ viewer }) => viewer.kind === 'member')
  for (const [door, ask] of doors) {
    const before = asked()
    for (const [question, code] of [
      [{ query: text }, 'OPERATION_NOT_REGISTERED'],
      [{ query: `${stats.text} ` }, 'OPERATION_NOT_REGISTERED'],
      [{ query: text, documentId: stats.id }, 'OPERATION_NOT_REGISTERED'],
      [{ query: text, extensions: hashOf(text) }, 'OPERATION_NOT_REGISTERED'],
      [{ query: text, extensions: hashOf(stats.text) }, 'BAD_REQUEST'],
      [{ extensions: hashOf(text) }, 'PERSISTED_QUERY_NOT_FOUND'],
      [{ documentId: sha256(text) }, 'PERSISTED_QUERY_NOT_FOUND'],
      [{ documentId: '__proto__' }, 'PERSISTED_QUERY_NOT_FOUND'],
    ] as const)
      assert.equal((await ask(question)).code, code, `${door} ${JSON.stringify(question)}`)
    assert.equal(asked(), before, door)
    assert.deepEqual((await ask({ query: stats.text })).data, answer, door)
    assert.deepEqual((await ask({ documentId: stats.id })).data, answer, door)
  }
})

test('it is decided for each viewer; strangers may ask here what members may not', async (t) => {
  const { url } = await open(t, ({ viewer }) => viewer.kind === 'member')
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: text }),
  })
  assert.equal(response.status, 200)
  assert.ok(((await response.json()) as { data: { me: unknown } }).data.me)
})

test('a mutation is not asked by GET, also when it is registered', async (t) => {
  const { url, headers } = await open(t)
  const response = await fetch(`${url}/graphql?documentId=${change.id}`, { headers })
  assert.equal(response.status, 405)
})

test('the least recently used texts are forgotten, by their bytes', () => {
  const persisted = createPersisted([], { bytes: 1_000 })
  const texts = Array.from({ length: 5 }, (_, index) => `{ a${index} } #${'é'.repeat(100)}`)
  for (const each of texts) persisted.remember({ query: each, extensions: hashOf(each) }, each)
  const isKnown = (each: string) => {
    try {
      return persisted.textOf({ extensions: hashOf(each) }, false) === each
    } catch {
      return false
    }
  }
  assert.deepEqual(texts.map(isKnown), [false, false, true, true, true])
})
