/** Single sign-on at a provider that follows the rules: who comes in, where, and as what. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'
import { type Browser, openBrowser } from './browser.ts'
import {
  callback,
  client,
  type IdentityProvider,
  openIdentityProvider,
  type Person,
  publicUrl,
} from './identity-provider.ts'

let house: TestHouse
let admin: Visitor
let idp: IdentityProvider
let owner: pg.Client

const start = '/api/v1/auth/sso/acme'
const connection = () => ({
  ...{ issuer: idp.issuer, client_id: client.id, client_secret: client.secret },
  scopes: ['email', 'profile', 'groups'],
  group_claim: 'groups',
  role_map: [
    { group: 'soc', role: 'analyst' },
    { group: 'leads', role: 'manager' },
    { group: 'owners', role: 'admin' },
  ],
  default_role: 'viewer',
  domains: ['acme.example'],
  is_jit: true,
  is_enabled: true,
})
const set = async (change: object) => {
  const answer = await admin.rest('PUT', '/sso/connection', change)
  assert.equal(answer.status, 200, answer.text)
  return answer.body.data
}

before(async () => {
  house = await openTestHouse({ NEXUS_PUBLIC_URL: publicUrl, NEXUS_PRIVATE_NETWORKS: '127.0.0.0/8' })
  admin = await house.as('admin@acme.example')
  idp = await openIdentityProvider()
  owner = new pg.Client({ connectionString: house.databaseUrl })
  await owner.connect()
})
after(async () => {
  await owner?.end()
  await idp?.close()
  await house?.close()
})

const verified = (name: string, groups: string[] = []): Person => ({
  ...{ sub: `sub-${name}`, email: `${name}@acme.example`, email_verified: true, name: `${name} of acme` },
  groups,
})

/** Signs somebody in, in a browser of their own. */
async function signIn(person: Person, turn?: Parameters<Browser['go']>[1]) {
  idp.people.splice(0, idp.people.length, person)
  const browser = openBrowser(house.url)
  const page = await browser.go(start, turn)
  return { browser, page, me: await me(browser) }
}

async function me({ cookies }: Browser) {
  const token = cookies.get('__Host-nexus')
  if (!token) return null
  const { body } = await house.visitor(token).graphql('{ me { id email name role organization { slug } } }')
  return body.data?.me ?? null
}

const refreshWith = ({ cookies }: Browser) =>
  house.anonymous.rest('POST', '/auth/refresh', { refreshToken: cookies.get('__Host-nexus-refresh') })

test('a connection is made, tested and read, and nobody reads its secret', async () => {
  const none = await admin.rest('GET', '/sso/connection')
  assert.equal(none.status, 404)
  const made = await set({ ...connection(), is_enabled: false })
  assert.deepEqual([made.has_client_secret, made.redirect_uri, made.tested_at], [true, callback, null])
  const tested = await admin.rest('POST', '/sso/connection/test')
  assert.deepEqual(tested.body.data, { is_fit: true, problems: [] })
  const read = await admin.rest('GET', '/sso/connection')
  assert.notEqual(read.body.data.tested_at, null)
  assert.ok(!read.text.includes(client.secret))
  const { rows } = await owner.query(
    'select client_secret_sealed::text as sealed from identity.sso_connections',
  )
  assert.equal(rows.length, 1)
  assert.ok(!rows[0].sealed.includes(client.secret))
  const kept = await set({ is_enabled: true })
  assert.deepEqual([kept.is_enabled, kept.has_client_secret, kept.role_map.length], [true, true, 3])
  const stale = await admin.rest('PUT', '/sso/connection', { is_jit: true, version: 1 })
  assert.equal(stale.status, 409)
})

test('nobody but who changes the organization sees or changes it', async () => {
  for (const name of ['manager', 'analyst', 'viewer']) {
    const other = await house.as(`${name}@acme.example`)
    for (const [method, path, body] of [
      ['GET', '/sso/connection', undefined],
      ['PUT', '/sso/connection', { is_jit: false }],
      ['DELETE', '/sso/connection', undefined],
      ['POST', '/sso/connection/test', undefined],
    ] as const)
      assert.equal((await other.rest(method, path, body)).status, 403, `${name} ${method} ${path}`)
  }
  assert.equal((await house.anonymous.rest('GET', '/sso/connection')).status, 401)
  const foreign = await house.as('admin@globex.example')
  assert.equal((await foreign.rest('GET', '/sso/connection')).status, 404)
  const { body } = await admin.rest('POST', '/api-keys', { name: 'k', scopes: ['organization:write'] })
  const key = await house.visitor(body.data.key).rest('PUT', '/sso/connection', { is_jit: false })
  assert.equal(key.status, 403)
})

test('what cannot be a connection is refused', async () => {
  for (const change of [
    ...[
      'nonsense',
      'ftp://a.example',
      'https://u:p@a.example',
      'https://a.example/?x',
      'https://a.example/#x',
    ].map((issuer) => ({ issuer })),
    ...[[''], ['acme'], ['@acme.example'], ['*.acme.example'], ['acme.example/x'], ['1.2.3.4']].map(
      (domains) => ({
        domains,
      }),
    ),
    { is_required: true },
    { is_required: true, break_glass_user_id: '01a1fc87-6e56-7175-bb20-000000000000' },
    { is_required: true, break_glass_user_id: 'nobody' },
    { role_map: [{ group: '', role: 'viewer' }] },
    { role_map: [{ group: 'x', role: 'api' }] },
    { nothing: 1 },
  ]) {
    const { status } = await admin.rest('PUT', '/sso/connection', change)
    assert.equal(status, 400, JSON.stringify(change))
  }
})

test('somebody new becomes a member, by cookies that no script reads', async () => {
  const { browser, page, me } = await signIn(verified('ada', ['soc']))
  assert.equal(page, '/')
  assert.deepEqual(
    [me.email, me.name, me.role, me.organization.slug],
    ['ada@acme.example', 'ada of acme', 'ANALYST', 'acme'],
  )
  const asked = new URL(browser.went[1]!).searchParams
  assert.equal(asked.get('redirect_uri'), callback)
  assert.equal(asked.get('code_challenge_method'), 'S256')
  for (const name of ['state', 'nonce', 'code_challenge']) assert.match(asked.get(name)!, /^[\w-]{43}$/)
  const again = await signIn(verified('ada', ['soc']))
  assert.equal(again.me.id, me.id)
  assert.equal((await refreshWith(again.browser)).status, 200)
  // Their account is no other one's: no e-mail finds it.
  const { rows } = await owner.query(
    'select a.email, a.password_hash from identity.accounts a join identity.users u on u.account_id = a.id where u.id = $1',
    [me.id],
  )
  assert.deepEqual(rows, [{ email: null, password_hash: null }])
})

test('the way back is a page of ours', async () => {
  for (const [asked, page] of [
    ['/alerts?severity=critical', '/alerts?severity=critical'],
    ['//evil.example', '/'],
    ['https://evil.example', '/'],
    ['/\\evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/a\tb', '/'],
  ]) {
    idp.people.splice(0, 1, verified('ada', ['soc']))
    assert.equal(await openBrowser(house.url).go(`${start}?return_to=${encodeURIComponent(asked!)}`), page)
  }
})

test('the member of a verified e-mail is entered, and keeps their account', async () => {
  const known = await house.as('viewer@acme.example')
  const { body } = await known.graphql('{ me { id } }')
  const { me } = await signIn(verified('viewer'))
  assert.deepEqual([me.id, me.role], [body.data.me.id, 'VIEWER'])
  // Their account is trusted elsewhere, too: the provider has proved nothing of it.
  const proofs = `select s.proved_at > now() - interval '1 minute' as fresh from identity.sessions s
    join identity.users u on u.id = s.user_id where u.email = $1 and s.connection_id is not null limit 1`
  assert.deepEqual((await owner.query(proofs, ['viewer@acme.example'])).rows, [{ fresh: false }])
  assert.deepEqual((await owner.query(proofs, ['ada@acme.example'])).rows, [{ fresh: true }])
  // An e-mail that the provider gives to somebody else later is not them.
  const { me: successor } = await signIn({ ...verified('viewer'), sub: 'another-sub' })
  assert.equal(successor, null)
})

test('an e-mail that is not verified, or of no domain of the connection, lets nobody in', async () => {
  const strangers: Person[] = [
    { ...verified('eve'), email_verified: false },
    { ...verified('eve'), email_verified: 'true' as never },
    { sub: 'sub-eve', email: 'eve@acme.example', name: 'Eve' },
    { sub: 'sub-eve', email_verified: true },
    { ...verified('eve'), email: 'eve@evil.example' },
    { ...verified('eve'), email: 'eve@sub.acme.example' },
    { ...verified('eve'), email: 'eve@acme.example.evil.example' },
    { ...verified('eve'), email: 'eve@notacme.example' },
    { ...verified('eve'), email: 'admin@globex.example' },
    { ...verified('eve'), sub: 'sub-manager', email: 'manager@acme.example', email_verified: false },
  ]
  for (const person of strangers) {
    const { page, me, browser } = await signIn(person)
    assert.deepEqual(
      [page, me, browser.cookies.get('__Host-nexus')],
      ['/?sso=failed', null, undefined],
      JSON.stringify(person),
    )
  }
})

test('a provider opens its own organization and no other, whatever e-mail it tells', async () => {
  await set({ domains: ['acme.example', 'globex.example'] })
  const { me } = await signIn({ ...verified('x'), sub: 'sub-thief', email: 'admin@globex.example' })
  assert.equal(me.organization.slug, 'acme')
  const { rows } = await owner.query(
    `select count(distinct account_id)::int as accounts, count(*)::int as users from identity.users where email = 'admin@globex.example'`,
  )
  assert.deepEqual(rows, [{ accounts: 2, users: 2 }])
  await set({ domains: ['acme.example'] })
})

test('groups give the role anew at each sign-in, and never more than the map says', async () => {
  for (const [groups, role] of [
    [['soc'], 'ANALYST'],
    [['soc', 'leads'], 'MANAGER'],
    [['owners', 'soc'], 'ADMIN'],
    [[], 'VIEWER'],
    [['Owners', 'admin', 'owners '], 'VIEWER'],
  ] as const)
    assert.equal((await signIn(verified('grace', [...groups]))).me.role, role, groups.join())
  await set({ default_role: null })
  assert.equal((await signIn(verified('grace', ['nothing']))).me, null)
  assert.equal((await signIn(verified('new', []))).me, null)
  const { rows } = await owner.query("select 1 from identity.users where email = 'new@acme.example'")
  assert.equal(rows.length, 0)
  await set({ default_role: 'viewer' })
})

test('the last admin stays one', async () => {
  const { me } = await signIn(verified('admin', []))
  assert.deepEqual([me.email, me.role], ['admin@acme.example', 'ADMIN'])
})

test('without a map roles are given here, and without joining only members come in', async () => {
  await set({ role_map: [], is_jit: false, default_role: null })
  assert.equal((await signIn(verified('grace', ['owners']))).me.role, 'VIEWER')
  assert.equal((await signIn(verified('stranger', ['owners']))).me, null)
  await set({ ...connection() })
})

test('who is disabled does not come in by their provider either', async () => {
  const { me, browser } = await signIn(verified('grace'))
  assert.equal((await admin.rest('DELETE', `/users/${me.id}`)).status, 200)
  assert.equal((await refreshWith(browser)).status, 401)
  assert.equal((await signIn(verified('grace'))).me, null)
})

test('unknown organizations, those without a provider, and those whose provider is away look alike', async () => {
  const ask = async (path: string) => {
    const answer = await fetch(`${house.url}${path}`, { redirect: 'manual' })
    const { date: _, 'x-request-id': __, ...headers } = Object.fromEntries(answer.headers)
    return { status: answer.status, headers, text: await answer.text() }
  }
  const unknown = await ask('/api/v1/auth/sso/nobody')
  assert.deepEqual(
    [unknown.status, unknown.headers.location, unknown.headers['set-cookie']],
    [302, '/?sso=none', undefined],
  )
  assert.deepEqual(await ask('/api/v1/auth/sso/globex'), unknown)
  assert.deepEqual(await ask(`/api/v1/auth/sso/${encodeURIComponent("' or 1=1 --")}`), unknown)
  await set({ is_enabled: false })
  assert.deepEqual(await ask(start), unknown)
  await set({ is_enabled: true, issuer: 'http://127.0.0.1:1', client_secret: null })
  assert.deepEqual(await ask(start), unknown)
  await set({ ...connection() })
})

test('where it is the only way in, passwords and their sessions end, but for one admin', async () => {
  const acme = (name: string) => ({ email: `${name}@acme.example`, password, organization: 'acme' })
  const login = (name: string) => house.anonymous.rest('POST', '/auth/login', acme(name))
  const { body } = await login('analyst')
  const analyst = house.visitor(body.data.accessToken)
  const by = await signIn(verified('ada', ['soc']))
  const glass = (await admin.graphql('{ me { id } }')).body.data.me.id
  await set({ is_required: true, break_glass_user_id: glass })
  for (const name of ['manager', 'analyst', 'viewer']) {
    const wrong = await house.anonymous.rest('POST', '/auth/login', { ...acme(name), password: 'wrong' })
    const right = await login(name)
    assert.deepEqual([right.status, right.body.error], [401, wrong.body.error])
  }
  const refreshToken = body.data.refreshToken
  assert.equal((await house.anonymous.rest('POST', '/auth/refresh', { refreshToken })).status, 401)
  const until = Date.now() + 5_000
  while ((await analyst.rest('GET', '/auth/me')).status !== 401)
    assert.ok(Date.now() < until, 'the session goes on')
  assert.equal((await login('admin')).status, 200)
  assert.equal((await admin.rest('GET', '/auth/me')).status, 200)
  assert.equal((await refreshWith(by.browser)).status, 200)
  assert.equal((await signIn(verified('ada', ['soc']))).me.role, 'ANALYST')
  // Their role is nobody's to change but people's.
  assert.equal((await signIn(verified('admin', []))).me.role, 'ADMIN')
  await set({ is_required: false })
  assert.equal((await login('analyst')).status, 200)
})

test('what it opened ends with it', async () => {
  const { browser } = await signIn(verified('ada', ['soc']))
  const { body } = await admin.rest('DELETE', '/sso/connection')
  assert.deepEqual(body.data, { is_removed: true })
  assert.equal((await refreshWith(browser)).status, 401)
  const until = Date.now() + 5_000
  while (await me(browser)) assert.ok(Date.now() < until, 'the session goes on')
  assert.equal((await admin.rest('GET', '/sso/connection')).status, 404)
  assert.equal(await openBrowser(house.url).go(start), '/?sso=none')
  const again = await set({ ...connection(), client_secret: undefined })
  assert.equal(again.has_client_secret, false)
})
