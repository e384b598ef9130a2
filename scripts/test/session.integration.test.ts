/** A browser's session: a cookie that no script reads, and that serves our own pages at every door. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, password, type TestHouse } from '../test-house.ts'
import { openSocket, upgrade } from './listeners.ts'

let house: TestHouse
let cookie: string

const enter = (path: string, email: string) => house.anonymous.rest('POST', path, { email, password })
const cookieOf = (headers: Headers) => headers.get('set-cookie')!.split(';')[0]!

before(async () => {
  house = await openTestHouse()
  cookie = cookieOf((await enter('/auth/session', 'analyst@acme.example')).headers)
})
after(() => house?.close())

test('the token is in a cookie for this host alone, and nowhere else in the answer', async () => {
  const { status, headers, text, body } = await enter('/auth/session', 'analyst@acme.example')
  assert.equal(status, 200)
  const [access, refresh, device, ...others] = headers.getSetCookie()
  const attributes = 'Path=/; HttpOnly; Secure; SameSite=Strict'
  assert.match(access!, new RegExp(`^__Host-nexus=[\\w-]+\\.[\\w-]+\\.[\\w-]+; Max-Age=300; ${attributes}$`))
  assert.match(refresh!, new RegExp(`^__Host-nexus-refresh=[\\w-]{43}; Max-Age=86(400|399); ${attributes}$`))
  assert.match(device!, /^__Host-nexus-device=[\w-]{43}; /)
  assert.deepEqual(others, [])
  assert.deepEqual(Object.keys(body.data).sort(), ['expiresIn', 'user'])
  assert.equal(body.data.user.email, 'analyst@acme.example')
  for (const each of [access, refresh, device]) assert.ok(!text.includes(each!.split(/[=;]/)[1]!))
  const wrong = await house.anonymous.rest('POST', '/auth/session', { email: 'a@b.example', password: 'x' })
  assert.deepEqual([wrong.status, wrong.headers.get('set-cookie')], [401, null])
  assert.equal((await enter('/auth/login', 'analyst@acme.example')).headers.get('set-cookie'), null)
})

test('it opens REST, the graph, the stream and the socket', async () => {
  const rest = await house.anonymous.rest('GET', '/auth/me', undefined, { cookie })
  assert.equal(rest.body.data.email, 'analyst@acme.example')
  const ask = (headers: Record<string, string>) =>
    fetch(`${house.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"query":"{ me { email } }"}',
    }).then((answer) => answer.json() as Promise<{ data: { me: { email: string } | null } }>)
  assert.equal((await ask({ cookie })).data.me?.email, 'analyst@acme.example')
  const stream = await fetch(`${house.url}/graphql/stream?query=${encodeURIComponent('{ me { email } }')}`, {
    headers: { cookie, accept: 'text/event-stream' },
  })
  assert.match(await stream.text(), /analyst@acme\.example/)
  const socket = await openSocket(house.url, undefined, { cookie })
  assert.deepEqual(await socket.ask('{ me { email } }'), [
    { data: { me: { email: 'analyst@acme.example' } } },
  ])
  socket.close()
})

test('a token that is sent on purpose goes before it', async () => {
  const { token } = await house.as('admin@globex.example')
  const { body } = await house.visitor(token).rest('GET', '/auth/me', undefined, { cookie })
  assert.equal(body.data.email, 'admin@globex.example')
  const socket = await openSocket(house.url, { authorization: `Bearer ${token}` }, { cookie })
  assert.deepEqual(await socket.ask('{ me { email } }'), [
    { data: { me: { email: 'admin@globex.example' } } },
  ])
  socket.close()
  const wrong = await openSocket(house.url, { authorization: 'Bearer nonsense' }, { cookie })
  assert.equal(await wrong.closed, 4403)
})

test('a page of another host has none of it, and changes nothing', async () => {
  const { host } = new URL(house.url)
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://${host}.evil.example` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]
  for (const from of foreign) {
    const read = await house.anonymous.rest('GET', '/auth/me', undefined, { cookie, ...from })
    assert.equal(read.status, 401, JSON.stringify(from))
    const write = await house.anonymous.rest('POST', '/auth/logout', undefined, { cookie, ...from })
    assert.deepEqual([write.status, write.headers.get('set-cookie')], [403, null])
  }
  assert.equal(await upgrade(house.url, { cookie, origin: 'https://evil.example' }), 403)
  const own = { origin: `http://${host}`, 'sec-fetch-site': 'same-origin', cookie }
  assert.equal((await house.anonymous.rest('GET', '/auth/me', undefined, own)).status, 200)
})

test('one that is no longer good is as good as none, and signing in again replaces it', async () => {
  const stale = { cookie: '__Host-nexus=a.b.c' }
  assert.equal((await house.anonymous.rest('GET', '/assets', undefined, stale)).status, 401)
  const again = await house.anonymous.rest(
    'POST',
    '/auth/session',
    { email: 'viewer@acme.example', password },
    stale,
  )
  assert.equal(again.status, 200)
  const socket = await openSocket(house.url, undefined, stale)
  assert.equal(await socket.closed, 4401)
})

test('signing out takes it away', async () => {
  const { status, headers } = await house.anonymous.rest('POST', '/auth/logout', undefined, { cookie })
  assert.equal(status, 200)
  for (const name of ['__Host-nexus', '__Host-nexus-refresh'])
    assert.ok(
      headers.getSetCookie().some((each) => each.startsWith(`${name}=; Max-Age=0; Path=/;`)),
      name,
    )
})
