import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { openSubgraphs, start } from './standalone.ts'

async function folderOf(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-standalone-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

async function open(t: TestContext, env: Record<string, string> = {}) {
  const subgraphs = await openSubgraphs(t)
  const path = join(await folderOf(t), 'supergraph.graphql')
  await writeFile(path, subgraphs.compose())
  const program = start(t, { SUPERGRAPH_PATH: path, ...env })
  const ready = await program.line()
  const url = /http:\/\/\S+\/graphql$/.exec(ready)?.[0]
  assert.ok(url, ready)
  const ask = async (query: string, headers: Record<string, string> = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    })
    return { response, text: await response.text() }
  }
  return { ...subgraphs, ...program, path, url, ask }
}

const question = '{ hosts { id name } }'
const answer = '{"data":{"hosts":[{"id":"1","name":"host 1"}]}}'

test('any supergraph is served to anybody, by POST and by GET', async (t) => {
  const { ask, url } = await open(t)
  const { response, text } = await ask(question)
  assert.equal(text.trim(), answer)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type')!, /^application\/json/)
  const negotiated = await ask(question, { accept: 'application/graphql-response+json' })
  assert.match(negotiated.response.headers.get('content-type')!, /^application\/graphql-response\+json/)
  const got = await fetch(`${url}?query=${encodeURIComponent(question)}`, {
    headers: { 'apollo-require-preflight': '1' },
  })
  assert.equal((await got.text()).trim(), answer)
  const plain = await fetch(`${url}?query=${encodeURIComponent(question)}`)
  assert.equal(plain.status, 400)
  const form = await fetch(url, { method: 'POST', body: new URLSearchParams({ query: question }) })
  assert.equal(form.status, 415)
  assert.deepEqual(await (await fetch(new URL('/health', url))).json(), { status: 'ok' })
  assert.match((await ask('{ __schema { queryType { name } } }')).text, /"Query"/)
})

test('subgraphs get the headers that are let through, and no token', async (t) => {
  const { ask, heard } = await open(t, { FORWARD_HEADERS: 'X-Team, Authorization' })
  await ask(question, { 'x-team': 'red', 'x-secret': 'no', cookie: 'a=b' })
  assert.equal(heard.length, 2)
  for (const headers of heard) {
    assert.equal(headers['x-team'], 'red')
    for (const name of ['authorization', 'cookie', 'x-secret', 'x-nexus-client'])
      assert.equal(headers[name], undefined)
  }
  heard.length = 0
  await ask(question, { authorization: 'Basic abc' })
  assert.deepEqual(
    heard.map(({ authorization }) => authorization),
    ['Basic abc', 'Basic abc'],
  )
})

test('a subgraph’s errors are its own, and say nothing of where it is', async (t) => {
  const { ask } = await open(t)
  const { errors, data } = JSON.parse((await ask('{ wrong }')).text)
  assert.deepEqual(data, { wrong: null })
  assert.equal(errors[0].message, 'No such thing')
  assert.deepEqual(errors[0].extensions, { code: 'OWN_CODE' })
  assert.deepEqual(errors[0].path, ['wrong'])
})

test('a change of the file is taken up, and a broken one is not', async (t) => {
  const { ask, compose, path, line, fault } = await open(t)
  await writeFile(path, 'type Query {')
  assert.match(await fault(), /^kept the supergraph as it was: /)
  assert.equal((await ask(question)).text.trim(), answer)
  await writeFile(`${path}.new`, compose(' type Extra { a: Int } extend type Host { extra: Extra }'))
  await rename(`${path}.new`, path)
  assert.match(await line(), /^took up the change of /)
  const known = await ask('{ __type(name: "Extra") { name } }')
  assert.equal(known.text.trim(), '{"data":{"__type":{"name":"Extra"}}}')
})

test('who is not in the supergraph any more is not kept connected', { timeout: 30_000 }, async (t) => {
  const { ask, compose, connections, path, line } = await open(t)
  assert.equal((await ask(question)).text.trim(), answer)
  assert.equal(await connections(), 1)
  await writeFile(`${path}.new`, compose('', '&moved=1'))
  await rename(`${path}.new`, path)
  assert.match(await line(), /^took up the change of /)
  while ((await connections()) > 0) await pause(10)
  assert.equal((await ask(question)).text.trim(), answer)
  assert.equal(await connections(), 1)
})

test('a stop waits for nobody who has not been answered yet', async (t) => {
  const { ask, child, ended, held, line } = await open(t)
  const waiting = ask('{ slow }').catch(() => 'cut')
  await held
  child.kill('SIGTERM')
  assert.equal(await line(), 'SIGTERM: stopping')
  assert.deepEqual((await ended)[0], 0)
  assert.equal(await waiting, 'cut')
})

test('without a supergraph that can be served it ends with one line and 1', async (t) => {
  const folder = await folderOf(t)
  const broken = join(folder, 'broken.graphql')
  await writeFile(broken, 'type Query { a: Int }')
  const none = join(folder, 'none.graphql')
  for (const [env, says] of [
    [{}, /SUPERGRAPH_PATH/],
    [{ SUPERGRAPH_PATH: none }, /There is no supergraph to read at .*none\.graphql \(ENOENT\)/],
    [{ SUPERGRAPH_PATH: broken, FORWARD_HEADERS: 'x-a,Host' }, /The header host is not passed on/],
    [{ SUPERGRAPH_PATH: broken }, /This is no supergraph that can be served: \S/],
  ] as const) {
    const { ended, fault, line } = start(t, env)
    assert.match(await fault(), says)
    assert.equal(await fault(), 'undefined')
    assert.equal(await line(), 'undefined')
    assert.equal((await ended)[0], 1)
  }
})
