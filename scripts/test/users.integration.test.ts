/** Who may make, change and disable whom, and what nobody may do: leave an organization without an admin. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'

let house: TestHouse
let owner: Owner
let admin: Visitor
let manager: Visitor
let stranger: Visitor

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  manager = await house.as('manager@acme.example')
  stranger = await house.as('admin@globex.example')
})
after(() => house?.close())

let count = 0
const newEmail = () => `somebody-${++count}@acme.example`
const create = (visitor: Visitor, role: string, more: object = {}) =>
  visitor.rest('POST', '/users', { email: newEmail(), name: 'Some Body', role, ...more })
const update = (visitor: Visitor, id: string, body: object) => visitor.rest('PUT', `/users/${id}`, body)
const login = (email: string, word: string) =>
  house.anonymous.rest('POST', '/auth/login', { email, password: word })
const idOf = async (visitor: Visitor) => (await visitor.rest('GET', '/auth/me')).body.data.id as string
const refusal = ({ status, body }: Answer) => [status, body.error?.code]

test('a new account sets its password with a token, once, and comes in', async () => {
  const { status, body } = await create(admin, 'analyst')
  assert.equal(status, 201)
  const { email, role, version, disabled_at, password_token } = body.data
  assert.deepEqual([role, version, disabled_at], ['analyst', 1, null])
  assert.ok(Date.parse(body.data.password_token_expires_at) > Date.now() + 71 * 3_600_000)
  assert.equal((await login(email, 'x')).status, 401)
  const set = (token: string, word: string) =>
    house.anonymous.rest('POST', '/auth/password', { token, password: word })
  assert.deepEqual(refusal(await set(password_token, 'too short')), [400, 'VALIDATION_ERROR'])
  const words = ['a word of their own', 'somebody else’s word']
  const answers = await Promise.all(words.map((word) => set(password_token, word)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401])
  const right = words[answers.findIndex(({ status }) => status === 200)]!
  assert.equal((await login(email, right)).status, 200)
  assert.equal((await set(password_token, words[0]!)).status, 401)
  assert.equal((await set('x', words[0]!)).status, 401)
  const { rows } = await owner.query('select t::text from identity.password_tokens t')
  assert.ok(!JSON.stringify(rows).includes(password_token))
})

test('a token that has waited for three days sets nothing', async () => {
  const { body } = await create(admin, 'viewer')
  await owner.query("update identity.password_tokens set expires_at = now() - interval '1 s'")
  const asked = { token: body.data.password_token, password: 'a word of their own' }
  assert.equal((await house.anonymous.rest('POST', '/auth/password', asked)).status, 401)
})

test('a password may be given, and an account that exists joins with its own', async () => {
  const email = newEmail()
  const made = await create(manager, 'viewer', {
    email: ` ${email.toUpperCase()} `,
    password: 'given by the manager',
  })
  assert.deepEqual([made.body.data.email, made.body.data.password_token], [email, null])
  assert.equal((await login(email, 'given by the manager')).status, 200)
  const joined = await create(stranger, 'analyst', { email, password: 'another one from elsewhere' })
  assert.deepEqual([joined.status, joined.body.data.password_token], [201, null])
  assert.equal((await login(email, 'another one from elsewhere')).status, 401)
  const there = await house.anonymous.rest('POST', '/auth/login', {
    email,
    password: 'given by the manager',
    organization: 'globex',
  })
  assert.equal(there.body.data.user.role, 'analyst')
  assert.deepEqual(refusal(await create(stranger, 'analyst', { email })), [409, 'CONFLICT'])
})

test('what is wrong with somebody new is said, and nothing is made', async () => {
  const before = (await admin.rest('GET', '/users')).body.data.pagination.total
  for (const wrong of [
    { email: 'nobody' },
    { email: `${'x'.repeat(250)}@a.example` },
    { name: ' ' },
    { name: 'a\u0000b' },
    { name: 'x'.repeat(256) },
    { role: 'api' },
    { role: 'root' },
    { password: 'too short' },
    { organization_id: await idOf(stranger) },
    { accountId: 'x' },
  ]) {
    const { status, body } = await create(admin, 'viewer', wrong)
    assert.deepEqual([status, body.error.code], [400, 'VALIDATION_ERROR'], JSON.stringify(wrong))
    assert.ok(body.error.details.length > 0)
  }
  assert.equal((await admin.rest('GET', '/users')).body.data.pagination.total, before)
  const { body } = await admin.graphql(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }',
    { input: { email: newEmail(), name: 'Key', role: 'API' } },
  )
  assert.equal(body.errors[0].extensions.code, 'VALIDATION_ERROR')
})

test('nobody gives, changes or takes what they do not have', async () => {
  const [adminId, managerId] = [await idOf(admin), await idOf(manager)]
  const viewer = (await create(admin, 'viewer')).body.data
  assert.deepEqual(refusal(await create(manager, 'admin')), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await update(manager, viewer.id, { role: 'admin' })), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await update(manager, adminId, { role: 'viewer' })), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await update(manager, adminId, { name: 'x' })), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await manager.rest('DELETE', `/users/${adminId}`)), [403, 'FORBIDDEN'])
  assert.equal((await update(manager, viewer.id, { role: 'manager' })).body.data.role, 'manager')
  for (const [who, id] of [
    [manager, managerId],
    [admin, adminId],
  ] as const) {
    assert.deepEqual(refusal(await update(who, id, { role: 'viewer' })), [403, 'FORBIDDEN'])
    assert.deepEqual(refusal(await who.rest('DELETE', `/users/${id}`)), [403, 'FORBIDDEN'])
  }
  assert.equal((await update(admin, adminId, { name: 'Ada Admin' })).body.data.name, 'Ada Admin')
  for (const email of ['analyst@acme.example', 'viewer@acme.example']) {
    const visitor = await house.as(email)
    assert.deepEqual(refusal(await create(visitor, 'viewer')), [403, 'FORBIDDEN'])
    assert.deepEqual(refusal(await update(visitor, await idOf(visitor), { role: 'admin' })), [
      403,
      'FORBIDDEN',
    ])
    assert.deepEqual(refusal(await visitor.rest('DELETE', `/users/${viewer.id}`)), [403, 'FORBIDDEN'])
  }
  assert.equal((await house.anonymous.rest('POST', '/users', {})).status, 400)
  assert.deepEqual(refusal(await create(house.anonymous, 'viewer')), [401, 'UNAUTHENTICATED'])
})

test('another organization’s member is no member, whatever is asked', async () => {
  const [theirs, none] = [await idOf(stranger), crypto.randomUUID()]
  const asks: ((id: string) => Promise<Answer>)[] = [
    (id) => update(admin, id, { role: 'viewer' }),
    (id) => update(admin, id, {}),
    (id) => admin.rest('DELETE', `/users/${id}`),
    (id) => admin.rest('POST', `/users/${id}/enable`),
  ]
  for (const ask of asks) {
    const [one, other, strange] = await Promise.all([ask(theirs), ask(none), ask('x')])
    assert.deepEqual(refusal(one!), [404, 'NOT_FOUND'])
    assert.deepEqual(one!.body.error, other!.body.error)
    assert.deepEqual(one!.body.error, strange!.body.error)
  }
})

test('who is disabled is out at once, and comes back when they are enabled', async () => {
  const word = 'a word of their own'
  const { id, email } = (await create(admin, 'analyst', { password: word })).body.data
  const visitor = house.visitor((await login(email, word)).body.data.accessToken)
  assert.equal((await visitor.rest('GET', '/auth/me')).status, 200)
  const disabled = await admin.rest('DELETE', `/users/${id}`)
  assert.ok(disabled.body.data.disabled_at)
  const again = await admin.rest('DELETE', `/users/${id}`)
  assert.deepEqual([again.status, again.body.data], [200, disabled.body.data], 'once more changes nothing')
  await until('they are out', 1_200, async () => (await visitor.rest('GET', '/auth/me')).status === 401)
  assert.equal((await login(email, word)).status, 401)
  assert.equal((await admin.rest('POST', `/users/${id}/enable`)).body.data.disabled_at, null)
  assert.equal((await visitor.rest('GET', '/auth/me')).status, 401, 'the old session stays ended')
  assert.equal((await login(email, word)).status, 200)
})

test('whoever changes what somebody else has changed meanwhile is told so', async () => {
  const { id, version } = (await create(admin, 'viewer')).body.data
  const answers = await Promise.all(
    ['One', 'Two', 'Three'].map((name) => update(admin, id, { name, version })),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409])
  const { body } = await admin.rest('GET', `/users/${id}`)
  assert.equal(body.data.version, version + 1)
})

test('two admins who demote each other, or disable each other, at once leave one', async () => {
  const word = 'a word of their own'
  for (const act of ['demote', 'disable'] as const) {
    for (let round = 0; round < 5; round++) {
      const others = await Promise.all(
        [1, 2].map(async () => (await create(stranger, 'admin', { password: word })).body.data),
      )
      const visitors = await Promise.all(
        others.map(async ({ email }) => {
          const { body } = await house.anonymous.rest('POST', '/auth/login', { email, password: word })
          return house.visitor(body.data.accessToken)
        }),
      )
      // The organization has these two, for this round.
      await owner.query("update identity.users set disabled_at = now() where email = 'admin@globex.example'")
      const answers = await Promise.all(
        visitors.map((visitor, index) => {
          const { id } = others[1 - index]!
          return act === 'demote'
            ? update(visitor, id, { role: 'viewer' })
            : visitor.rest('DELETE', `/users/${id}`)
        }),
      )
      const { rows } = await owner.query(
        `select count(*)::int as left from identity.users u join identity.organizations o on o.id = u.organization_id
          where o.slug = 'globex' and u.role = 'admin' and u.disabled_at is null`,
      )
      assert.equal(rows[0].left, 1, `${act}: ${answers.map(({ status }) => status)}`)
      const refused = answers.filter(({ status }) => status !== 200)
      assert.equal(refused.length, 1)
      assert.ok([401, 403, 409].includes(refused[0]!.status))
      await owner.query("update identity.users set disabled_at = null where email = 'admin@globex.example'")
      stranger = await house.as('admin@globex.example')
      for (const { id } of others) await stranger.rest('DELETE', `/users/${id}`)
    }
  }
})

test('who has just been demoted changes nobody, with the token that they had', async () => {
  const { rows } = await owner.query("select id from identity.users where email = 'admin@acme.example'")
  const second = (await create(admin, 'admin', { password })).body.data
  const other = house.visitor((await login(second.email, password)).body.data.accessToken)
  assert.equal((await update(other, rows[0].id, { role: 'viewer' })).status, 200)
  const { status } = await update(admin, second.id, { role: 'viewer' })
  assert.equal(status, 403)
  assert.equal((await update(other, rows[0].id, { role: 'admin' })).status, 200)
})

test('an organization is named and set by its admins, within bounds, and by nobody else', async () => {
  const me = (await admin.rest('GET', '/auth/me')).body.data
  const path = `/organizations/${me.organization.id}`
  const put = (visitor: Visitor, body: object) => visitor.rest('PUT', path, body)
  const before = (await admin.rest('GET', path)).body.data
  const unchanged = { audit_retention_days: 365, require_second_factor: false, allowed_origins: [] }
  assert.deepEqual(before.settings, { session_idle_minutes: 60, ...unchanged })
  const { status, body } = await put(admin, { name: 'Acme Ltd', settings: { session_idle_minutes: 15 } })
  assert.equal(status, 200)
  assert.deepEqual(
    [body.data.name, body.data.settings, body.data.version],
    ['Acme Ltd', { session_idle_minutes: 15, ...unchanged }, before.version + 1],
  )
  assert.deepEqual((await put(admin, { name: 'Acme' })).body.data.settings, {
    session_idle_minutes: 15,
    ...unchanged,
  })
  assert.deepEqual(refusal(await put(admin, { name: 'x', version: before.version })), [409, 'CONFLICT'])
  for (const wrong of [
    { settings: { session_idle_minutes: 9 } },
    { settings: { session_idle_minutes: 1_441 } },
    { settings: { session_idle_minutes: 12.5 } },
    { settings: { session_idle_minutes: '15' } },
    { settings: { require_second_factor: 'yes' } },
    { settings: { anything: 1 } },
    { name: '' },
    { slug: 'globex' },
  ])
    assert.deepEqual(refusal(await put(admin, wrong)), [400, 'VALIDATION_ERROR'], JSON.stringify(wrong))
  for (const email of ['manager@acme.example', 'analyst@acme.example', 'viewer@acme.example'])
    assert.deepEqual(refusal(await put(await house.as(email), { name: 'x' })), [403, 'FORBIDDEN'])
  const theirs = await put(stranger, { name: 'x' })
  const none = await stranger.rest('PUT', `/organizations/${crypto.randomUUID()}`, { name: 'x' })
  assert.deepEqual([refusal(theirs), theirs.body.error], [[404, 'NOT_FOUND'], none.body.error])
  const word = 'a word of their own'
  const { email } = (await create(admin, 'viewer', { password: word })).body.data
  const { refreshToken } = (await login(email, word)).body.data
  await owner.wait(16 * 60)
  assert.equal((await house.anonymous.rest('POST', '/auth/refresh', { refreshToken })).status, 401)
})
