/** Who has to have a second factor, who takes one away from whom, and what asks for a fresh proof. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'
import { openAuthenticator } from './authenticator.ts'
import { codeAt, enrolTotp, refusal } from './factors.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'

const origin = 'https://nexus.example'

let house: TestHouse
let owner: Owner
before(async () => {
  house = await openTestHouse({ NEXUS_PUBLIC_URL: origin })
  owner = await openOwner(house)
})
after(() => house?.close())

let count = 0
const login = (email: string, more = {}) =>
  house.anonymous.rest('POST', '/auth/login', { email, password, ...more })
const enter = async (email: string) => house.visitor((await login(email)).body.data.accessToken)
async function newPerson(role = 'analyst', at = 'acme') {
  const admin = await house.as(`admin@${at}.example`)
  const email = `person-${++count}@${at}.example`
  const made = await admin.rest('POST', '/users', { email, name: 'Some Body', role, password })
  return { id: made.body.data.id as string, email, visitor: await enter(email) }
}
const forgetSteps = () => owner.query('update identity.totp_secrets set last_step = 0')
const isOut = async (visitor: Visitor) => (await visitor.rest('GET', '/auth/me')).status === 401
const organizationOf = async (visitor: Visitor) =>
  `/organizations/${(await visitor.rest('GET', '/auth/me')).body.data.organization.id}`

test('what protects an account is changed by who has proved themselves within ten minutes', async () => {
  const { visitor } = await newPerson('admin')
  const other = await newPerson('viewer')
  const role = (to: string) => visitor.rest('PUT', `/users/${other.id}`, { role: to })
  const guarded = [
    () => visitor.rest('POST', '/auth/totp', {}),
    () => visitor.rest('POST', '/auth/passkeys/registration', {}),
    () => visitor.rest('POST', '/auth/recovery-codes'),
    () => visitor.rest('PUT', '/auth/password', { current: password, new: 'another one of theirs' }),
    () => visitor.rest('POST', `/users/${other.id}/reset-second-factors`),
    () => visitor.rest('POST', '/api-keys', { name: 'x', scopes: ['alerts:read'] }),
    () => role('analyst'),
  ]
  await owner.wait(11 * 60)
  for (const ask of guarded) {
    const answer = await ask()
    assert.deepEqual(refusal(answer), [401, 'REAUTHENTICATION_REQUIRED'], answer.text)
    assert.deepEqual(answer.body.error.methods, ['password'])
  }
  assert.equal((await visitor.rest('PUT', `/users/${other.id}`, { name: 'Other' })).status, 200)
  const prove = (body: object) => visitor.rest('POST', '/auth/proof', body)
  assert.deepEqual(refusal(await prove({ password: 'wrong' })), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await prove({ code: '123456' })), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await prove({})), [400, 'VALIDATION_ERROR'])
  const { body } = await prove({ password })
  const minutes = (Date.parse(body.data.proved_until) - Date.now()) / 60_000
  assert.ok(minutes > 9 && minutes <= 10.1, `${minutes}`)
  assert.equal((await role('analyst')).status, 200)
  const totp = await enrolTotp(visitor)
  await owner.wait(11 * 60)
  const stale = await visitor.rest('POST', '/auth/recovery-codes')
  assert.deepEqual(stale.body.error.methods, ['totp', 'recovery_code'])
  assert.deepEqual(refusal(await prove({ password })), [401, 'REAUTHENTICATION_REQUIRED'])
  assert.equal((await prove({ code: await codeAt(totp, 1) })).status, 200)
  assert.equal((await visitor.rest('POST', '/auth/recovery-codes')).status, 200)
})

test('a password is guessed ten times within sessions, too', async () => {
  const { visitor } = await newPerson()
  const statuses = []
  for (let index = 0; index < 12; index++)
    statuses.push((await visitor.rest('POST', '/auth/proof', { password: `guess ${index}` })).status)
  assert.deepEqual(statuses, [...Array(10).fill(403), 429, 429])
})

test('a key has no factors, proves nothing, and changes no password', async () => {
  const admin = await house.as('admin@globex.example')
  const made = await admin.rest('POST', '/api-keys', { name: 'x', scopes: ['users:read'] })
  const key = house.visitor(made.body.data.key)
  for (const [method, path, body] of [
    ['GET', '/auth/factors', undefined],
    ['POST', '/auth/totp', {}],
    ['POST', '/auth/totp/remove', { password, code: '123456' }],
    ['POST', '/auth/recovery-codes', undefined],
    ['POST', '/auth/proof', { password }],
    ['PUT', '/auth/password', { current: password, new: 'another one of theirs' }],
  ] as const)
    assert.deepEqual(refusal(await key.rest(method, path, body)), [403, 'FORBIDDEN'], path)
})

test('another password ends all other sessions, and what the old one has begun', async () => {
  const { email, visitor } = await newPerson()
  const next = 'quite another password'
  const others = [await enter(email), await enter(email)]
  const change = (body: object) => visitor.rest('PUT', '/auth/password', body)
  assert.deepEqual(refusal(await change({ current: 'x', new: next })), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await change({ current: password, new: 'short' })), [400, 'VALIDATION_ERROR'])
  assert.deepEqual(refusal(await change({ current: password, new: password })), [400, 'VALIDATION_ERROR'])
  const totp = await enrolTotp(visitor)
  await forgetSteps()
  const { challenge } = (await login(email)).body.error
  assert.deepEqual((await change({ current: password, new: next })).body.data, { ended_sessions: 2 })
  for (const other of others) await until('they are out', 10_000, () => isOut(other))
  assert.equal(await isOut(visitor), false)
  const late = { challenge, code: await codeAt(totp, 1) }
  assert.equal((await house.anonymous.rest('POST', '/auth/login/complete', late)).status, 401)
  assert.deepEqual(refusal(await login(email)), [401, 'UNAUTHENTICATED'])
  assert.deepEqual(refusal(await login(email, { password: next })), [401, 'SECOND_FACTOR_REQUIRED'])
})

test('an organization asks for a factor: who has none sets one up before coming in, and may do nothing else', async () => {
  const admin = await newPerson('admin', 'globex')
  const [totpUser, passkeyUser] = [await newPerson('viewer', 'globex'), await newPerson('viewer', 'globex')]
  const path = await organizationOf(admin.visitor)
  const put = (required: boolean) =>
    admin.visitor.rest('PUT', path, { settings: { require_second_factor: required } })
  assert.deepEqual(refusal(await put(true)), [409, 'CONFLICT'], 'not before having one')
  const own = await enrolTotp(admin.visitor)
  assert.equal((await put(true)).body.data.settings.require_second_factor, true)
  for (const { visitor } of [totpUser, passkeyUser])
    await until('who has none is out', 10_000, () => isOut(visitor))
  assert.equal(await isOut(admin.visitor), false)
  const remove = { password, code: await codeAt(own, 1) }
  assert.deepEqual(refusal(await admin.visitor.rest('POST', '/auth/totp/remove', remove)), [409, 'CONFLICT'])

  const refused = await login(totpUser.email)
  assert.deepEqual(refusal(refused), [401, 'SECOND_FACTOR_REQUIRED'])
  const { challenge, methods } = refused.body.error
  assert.deepEqual(methods, [])
  const post = (to: string, body: object) => house.anonymous.rest('POST', `/auth/${to}`, body)
  assert.equal((await post('login/complete', { challenge })).status, 401, 'not without a factor')
  assert.equal((await post('passkeys/options', { challenge })).status, 401)
  assert.equal((await house.visitor(challenge).rest('GET', '/auth/me')).status, 401)
  const { secret } = (await post('totp', { challenge })).body.data
  const second = (await login(totpUser.email)).body.error.challenge
  const confirmed = await post('totp/confirm', { challenge, code: await codeAt({ secret }) })
  assert.equal(confirmed.body.data.recoveryCodes.length, 10)
  assert.equal((await post('totp', { challenge: second })).status, 401, 'another way to a factor is closed')
  const raced = await Promise.all([1, 2, 3].map(() => post('login/complete', { challenge })))
  assert.deepEqual(raced.map(({ status }) => status).sort(), [200, 401, 401])

  const device = openAuthenticator(origin)
  const { challenge: other } = (await login(passkeyUser.email)).body.error
  const options = (await post('passkeys/registration', { challenge: other })).body.data
  const { response, key } = device.register(options)
  const named = { name: 'Key', passkey: response }
  assert.equal((await post('passkeys/registration/complete', { ...named, challenge: 'x' })).status, 401)
  assert.equal((await post('passkeys/registration/complete', { ...named, challenge: other })).status, 201)
  assert.equal((await post('login/complete', { challenge: other })).status, 200)
  const asked = (await post('passkeys/options', {})).body.data
  assert.equal(
    (await post('passkeys', { passkey: device.use(key, asked) })).status,
    200,
    'two factors in one',
  )
  assert.equal((await put(false)).status, 200)
  assert.equal((await login((await newPerson('viewer', 'globex')).email)).status, 200)
})

test('who manages a member resets their factors, where their account came from', async () => {
  const { id, email, visitor } = await newPerson('analyst', 'acme')
  await enrolTotp(visitor)
  const [admin, manager] = [await house.as('admin@acme.example'), await house.as('manager@acme.example')]
  const stranger = await house.as('admin@globex.example')
  const reset = (who: Visitor, of: string) => who.rest('POST', `/users/${of}/reset-second-factors`)
  const [foreign, none] = [await reset(stranger, id), await reset(stranger, crypto.randomUUID())]
  assert.deepEqual(refusal(foreign), [404, 'NOT_FOUND'])
  assert.deepEqual(foreign.body.error, none.body.error)
  assert.deepEqual(refusal(await reset(visitor, id)), [403, 'FORBIDDEN'])
  const me = (await admin.rest('GET', '/auth/me')).body.data.id
  assert.deepEqual(refusal(await reset(manager, me)), [403, 'FORBIDDEN'], 'of who may do more')
  assert.deepEqual(refusal(await reset(admin, me)), [403, 'FORBIDDEN'], 'of oneself')
  // Whoever adds an account that there is does not get hold of it by that.
  const joined = await stranger.rest('POST', '/users', { email, name: 'Joined', role: 'viewer' })
  assert.deepEqual(refusal(await reset(stranger, joined.body.data.id)), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await login(email)), [401, 'SECOND_FACTOR_REQUIRED'])
  assert.equal((await reset(manager, id)).body.data.email, email)
  await until('they are out', 10_000, () => isOut(visitor))
  assert.equal((await login(email)).status, 200)
})

test('who is disabled does not complete what they have begun', async () => {
  const { id, email, visitor } = await newPerson()
  const totp = await enrolTotp(visitor)
  await forgetSteps()
  const { challenge } = (await login(email)).body.error
  await (await house.as('admin@acme.example')).rest('DELETE', `/users/${id}`)
  const body = { challenge, code: await codeAt(totp) }
  assert.equal((await house.anonymous.rest('POST', '/auth/login/complete', body)).status, 401)
})

test('what becomes of factors stands in the journal, once each, without anything secret', async () => {
  const { id, email, visitor } = await newPerson()
  const { recoveryCodes, ...totp } = await enrolTotp(visitor)
  const challengeOf = async () => (await login(email)).body.error.challenge as string
  const complete = (body: object) => house.anonymous.rest('POST', '/auth/login/complete', body)
  assert.equal((await complete({ challenge: await challengeOf(), recoveryCode: 'wrong' })).status, 401)
  assert.equal(
    (await complete({ challenge: await challengeOf(), recoveryCode: recoveryCodes[0] })).status,
    200,
  )
  assert.equal((await visitor.rest('POST', '/auth/recovery-codes')).status, 200)
  const change = { current: password, new: 'quite another password' }
  assert.equal((await visitor.rest('PUT', '/auth/password', change)).status, 200)
  const admin = await house.as('admin@acme.example')
  assert.equal((await admin.rest('POST', `/users/${id}/reset-second-factors`)).status, 200)
  const written = async () => {
    const { rows } = await owner.query(
      `select operation || ' ' || outcome as what, e::text as whole from journal.entries e
        where actor_id = $1 or (subject_id = $2 and operation = 'resetSecondFactors')`,
      [id, id],
    )
    return rows as { what: string; whole: string }[]
  }
  const expected = [
    ...['changePassword done', 'completeSignIn done', 'completeSignIn refused', 'confirmTotp done'],
    ...[
      'renewRecoveryCodes done',
      'resetSecondFactors done',
      'signIn done',
      'signIn refused',
      'signIn refused',
    ],
    'startTotp done',
  ]
  // A refusal of who is not signed in is written after its answer.
  await until('all is written', 10_000, async () => (await written()).length >= expected.length)
  const rows = await written()
  assert.deepEqual(rows.map(({ what }) => what).sort(), expected)
  for (const secret of [totp.secret, ...recoveryCodes, 'quite another password'])
    assert.ok(!rows.some(({ whole }) => whole.includes(secret)))
})
