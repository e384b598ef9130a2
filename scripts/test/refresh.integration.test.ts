/** Sessions that go on, by programs with a refresh token and by browsers with a cookie, and how they end. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { decodeJwt } from 'jose'
import { openTestHouse, password, type TestHouse } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'

let house: TestHouse
let owner: Owner

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
})
after(() => house?.close())

const post = (path: string, body?: unknown, headers?: Record<string, string>) =>
  house.anonymous.rest('POST', path, body, headers)
const enter = async (email = 'analyst@acme.example') =>
  (await post('/auth/login', { email, password })).body.data
const refresh = (refreshToken: string) => post('/auth/refresh', { refreshToken })
const me = (token: string) => house.visitor(token).rest('GET', '/auth/me')
const kept = (headers: Headers) =>
  headers
    .getSetCookie()
    .map((each) => each.split(';')[0]!)
    .join('; ')

test('a refresh token gives the next pair, of the same session and the same end', async () => {
  const first = await enter()
  assert.match(first.refreshToken, /^[\w-]{43}$/)
  assert.ok(first.refreshExpiresIn > 86_390 && first.refreshExpiresIn <= 86_400)
  await owner.wait(600)
  const { status, body } = await refresh(first.refreshToken)
  assert.equal(status, 200)
  const second = body.data
  assert.equal(second.user.email, 'analyst@acme.example')
  assert.notEqual(second.refreshToken, first.refreshToken)
  assert.ok(second.refreshExpiresIn <= 85_800)
  assert.equal(decodeJwt(second.accessToken).sid, decodeJwt(first.accessToken).sid)
  assert.equal((await me(second.accessToken)).status, 200)
  const { body: graph } = await house.anonymous.graphql(
    'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { refreshToken user { email } } }',
    { input: { refreshToken: second.refreshToken } },
  )
  assert.equal(graph.data.refreshSession.user.email, 'analyst@acme.example')
})

test('no row holds a token, and a stolen table opens nothing', async () => {
  const { refreshToken } = await enter()
  const { rows } = await owner.query(
    'select s::text, t::text as token from identity.sessions s, identity.refresh_tokens t',
  )
  assert.ok(rows.length > 0)
  assert.ok(!JSON.stringify(rows).includes(refreshToken))
  const { rows: hashes } = await owner.query(
    "select encode(hash, 'hex') as hash from identity.refresh_tokens",
  )
  for (const { hash } of hashes.slice(0, 3)) assert.equal((await refresh(hash)).status, 401)
})

test('what is no refresh token is refused in the same words, whatever it is', async () => {
  const { accessToken, refreshToken } = await enter()
  const wrong = [
    'x',
    refreshToken.slice(1),
    `${refreshToken}=`,
    refreshToken.toUpperCase(),
    'ä'.repeat(43),
    ' ',
  ]
  const answers = await Promise.all(wrong.map(refresh))
  for (const { status, body } of answers) {
    assert.equal(status, 401)
    assert.deepEqual(body.error, answers[0]!.body.error)
  }
  assert.equal((await refresh(accessToken)).status, 400)
  assert.equal((await post('/auth/refresh')).status, 401)
  assert.equal((await post('/auth/refresh', { refreshToken, more: 1 })).status, 400)
  assert.equal((await refresh(refreshToken)).status, 200, 'it is still good')
})

test('a lost answer may be asked for again for 30 seconds, and a later one ends the session', async () => {
  const { refreshToken } = await enter()
  const lost = (await refresh(refreshToken)).body.data
  await owner.wait(25)
  const again = await refresh(refreshToken)
  assert.equal(again.status, 200)
  await owner.wait(10)
  assert.equal((await refresh(refreshToken)).status, 401)
  for (const { refreshToken } of [lost, again.body.data])
    assert.equal((await refresh(refreshToken)).status, 401)
  const { rows } = await owner.query('select end_reason from identity.sessions where id = $1', [
    decodeJwt(lost.accessToken).sid,
  ])
  assert.deepEqual(rows, [{ end_reason: 'replayed' }])
})

test('of two that hold tokens of one session, the second to go on ends it for both', async () => {
  const { refreshToken } = await enter()
  const [owners, thiefs] = await Promise.all([refresh(refreshToken), refresh(refreshToken)])
  await owner.wait(300)
  const next = await refresh(thiefs.body.data.refreshToken)
  assert.equal(next.status, 200)
  assert.equal((await refresh(owners.body.data.refreshToken)).status, 401)
  assert.equal((await refresh(next.body.data.refreshToken)).status, 401)
})

test('a session ends 24 hours after signing in, and after an hour of silence', async () => {
  const left = await enter()
  await owner.wait(3_590)
  const { refreshToken } = (await refresh(left.refreshToken)).body.data
  await owner.wait(3_610)
  assert.equal((await refresh(refreshToken)).status, 401)
  let token = (await enter()).refreshToken
  for (let hour = 0; hour < 24; hour++) {
    await owner.wait(3_590)
    token = (await refresh(token)).body.data.refreshToken
  }
  await owner.wait(300)
  assert.equal((await refresh(token)).status, 401)
})

test('the organization says how long silence may be', async () => {
  const set = (settings: string) =>
    owner.query("update identity.organizations set settings = $1 where slug = 'globex'", [settings])
  await set('{"sessionIdleMinutes": 15}')
  const { refreshToken } = await enter('viewer@globex.example')
  await owner.wait(16 * 60)
  assert.equal((await refresh(refreshToken)).status, 401)
  await set('{}')
})

test('ten pages of one browser refresh at once, again and again, and nobody is signed out', async () => {
  let jar = kept((await post('/auth/session', { email: 'analyst@acme.example', password })).headers)
  for (let round = 0; round < 5; round++) {
    await owner.wait(301)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post('/auth/refresh', undefined, { cookie: jar.split('; ')[1]! })),
    )
    for (const { status, body, headers } of answers) {
      assert.equal(status, 200)
      assert.deepEqual(Object.keys(body.data).sort(), ['expiresIn', 'user'])
      assert.equal(headers.getSetCookie().length, 2)
    }
    jar = kept(answers[(round * 7) % 10]!.headers)
    assert.equal((await house.anonymous.rest('GET', '/auth/me', undefined, { cookie: jar })).status, 200)
  }
})

test('a page whose token has ended is told that it may ask for another, and nobody else is', async () => {
  const cookie = kept((await post('/auth/session', { email: 'viewer@acme.example', password })).headers)
  const [access, refreshed] = cookie.split('; ')
  const told = async (headers: Record<string, string>) =>
    (await house.anonymous.rest('GET', '/auth/me', undefined, headers)).headers.get('x-nexus-session')
  assert.equal(await told({ cookie: refreshed! }), 'renewable')
  assert.equal(await told({ cookie }), null)
  assert.equal(await told({}), null)
  assert.equal(await told({ cookie: access! }), null)
  assert.equal(await told({ cookie: refreshed!, origin: 'https://evil.example' }), null)
})

test('a page of another host refreshes nothing, and an old header is in nobody’s way', async () => {
  const cookie = kept((await post('/auth/session', { email: 'viewer@acme.example', password })).headers)
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
  ]
  for (const from of foreign) {
    const { status, headers } = await post('/auth/refresh', {}, { cookie, ...from })
    assert.deepEqual([status, headers.getSetCookie()], [403, []])
  }
  const stale = { authorization: 'Bearer a.b.c' }
  assert.equal((await post('/auth/refresh', {}, { cookie, ...stale })).status, 200)
  const { refreshToken } = await enter()
  assert.equal((await post('/auth/refresh', { refreshToken }, stale)).status, 200)
  assert.equal((await house.anonymous.rest('GET', '/auth/me', undefined, { cookie, ...stale })).status, 401)
})

test('signing out ends the session, by header, by cookie or by refresh token, and any number of times', async () => {
  const program = await enter()
  const spare = await enter()
  assert.equal((await house.visitor(program.accessToken).rest('POST', '/auth/logout')).status, 200)
  assert.equal((await refresh(program.refreshToken)).status, 401)
  assert.equal((await post('/auth/logout', { refreshToken: spare.refreshToken })).status, 200)
  assert.equal((await refresh(spare.refreshToken)).status, 401)
  const jar = kept((await post('/auth/session', { email: 'viewer@acme.example', password })).headers).split(
    '; ',
  )
  for (let times = 0; times < 2; times++) {
    const { status, headers } = await post('/auth/logout', undefined, { cookie: jar[1]! })
    assert.equal(status, 200)
    assert.equal(headers.getSetCookie().filter((each) => each.includes('Max-Age=0')).length, 2)
  }
  assert.equal((await post('/auth/refresh', {}, { cookie: jar[1]! })).status, 401)
})

test('whatever history: the newest token goes on, and every late replay ends all of them', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(8, 50) }),
    fc.record({ kind: fc.constant('pages' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('replay' as const), which: fc.nat() }),
  )
  const history = fc.array(step, { minLength: 3, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const used: { token: string; age: number }[] = []
      let newest = (await enter('manager@acme.example')).refreshToken as string
      for (const taken of steps) {
        if (taken.kind === 'wait') {
          await owner.wait(taken.seconds)
          for (const each of used) each.age += taken.seconds
        } else if (taken.kind === 'pages') {
          const answers = await Promise.all(Array.from({ length: taken.count }, () => refresh(newest)))
          for (const { status } of answers) assert.equal(status, 200)
          used.push({ token: newest, age: 0 })
          newest = answers.at(-1)!.body.data.refreshToken
        } else if (used.length > 0) {
          const { token, age } = used[taken.which % used.length]!
          const { status } = await refresh(token)
          assert.equal(status, age > 30 ? 401 : 200)
          if (status === 200) continue
          for (const gone of [newest, ...used.map(({ token }) => token)])
            assert.equal((await refresh(gone)).status, 401)
          return
        }
      }
    }),
    { numRuns: 40 },
  )
})
