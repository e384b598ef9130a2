/** A password that nobody remembers: who lets whom set another one, and what that takes with it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'
import { codeAt, enrolTotp } from './factors.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'

const next = 'remembered better this time'

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
const login = (email: string, word = password) =>
  house.anonymous.rest('POST', '/auth/login', { email, password: word })
async function newPerson(role = 'analyst') {
  const email = `forgetful-${++count}@acme.example`
  const made = await admin.rest('POST', '/users', { email, name: 'Some Body', role, password })
  const visitor = house.visitor((await login(email)).body.data.accessToken)
  return { id: made.body.data.id as string, email, visitor }
}
const reset = (by: Visitor, id: string) => by.rest('POST', `/users/${id}/reset-password`)
const set = (token: string, word = next) =>
  house.anonymous.rest('POST', '/auth/password', { token, password: word })
const refusal = ({ status, body }: Answer) => [status, body.error?.code]
const isOut = async (visitor: Visitor) => (await visitor.rest('GET', '/auth/me')).status === 401

test('whom a manager lets, sets another password once, and all their sessions end', async () => {
  const { id, email, visitor } = await newPerson()
  const { status, body } = await reset(manager, id)
  assert.equal(status, 200, JSON.stringify(body))
  const minutes = (Date.parse(body.data.password_token_expires_at) - Date.now()) / 60_000
  assert.ok(minutes > 58 && minutes <= 60.1, `${minutes}`)
  const token = body.data.password_token as string
  // Nothing has changed until they use it.
  assert.equal((await login(email)).status, 200)
  assert.equal((await visitor.rest('GET', '/auth/me')).status, 200)
  assert.deepEqual(refusal(await set(token, email)), [400, 'VALIDATION_ERROR'])
  const answers = await Promise.all([set(token), set(token)])
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 401])
  assert.equal((await login(email)).status, 401)
  assert.equal((await login(email, next)).status, 200)
  await until('they are out', 10_000, () => isOut(visitor))
  const { rows } = await owner.query('select t::text from identity.password_tokens t')
  assert.ok(!JSON.stringify(rows).includes(token))
})

test('the last token is the only one, and within an hour', async () => {
  const { id } = await newPerson()
  const first = (await reset(manager, id)).body.data.password_token
  const second = (await reset(manager, id)).body.data.password_token
  assert.equal((await set(first)).status, 401)
  await owner.query("update identity.password_tokens set expires_at = now() - interval '1 s' where resets")
  assert.equal((await set(second)).status, 401)
})

test('a second factor is asked for as before', async () => {
  const { id, email, visitor } = await newPerson()
  const totp = await enrolTotp(visitor)
  assert.equal((await set((await reset(manager, id)).body.data.password_token)).status, 200)
  const { status, body } = await login(email, next)
  assert.deepEqual([status, body.error.code], [401, 'SECOND_FACTOR_REQUIRED'])
  await owner.query('update identity.totp_secrets set last_step = 0')
  const { challenge } = body.error
  const done = { challenge, code: await codeAt(totp) }
  assert.equal((await house.anonymous.rest('POST', '/auth/login/complete', done)).status, 200)
})

test('nobody resets who may do more, who is elsewhere, who is disabled, or themselves', async () => {
  const above = await newPerson('admin')
  const other = await newPerson()
  assert.deepEqual(refusal(await reset(manager, above.id)), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await reset(above.visitor, above.id)), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await reset(other.visitor, above.id)), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await reset(stranger, other.id)), [404, 'NOT_FOUND'])
  // Whoever adds an account that there is does not get hold of it by that.
  const joined = await stranger.rest('POST', '/users', { email: other.email, name: 'Joined', role: 'viewer' })
  assert.deepEqual(refusal(await reset(stranger, joined.body.data.id)), [403, 'FORBIDDEN'])
  await admin.rest('DELETE', `/users/${other.id}`)
  assert.deepEqual(refusal(await reset(admin, other.id)), [409, 'CONFLICT'])
  assert.equal((await login(above.email)).status, 200)
})

test('it asks for a fresh proof, and stands in the journal without the token', async () => {
  const somebody = await newPerson('manager')
  const { id } = await newPerson()
  await owner.wait(11 * 60)
  assert.deepEqual(refusal(await reset(somebody.visitor, id)), [401, 'REAUTHENTICATION_REQUIRED'])
  assert.equal((await somebody.visitor.rest('POST', '/auth/proof', { password })).status, 200)
  const token = (await reset(somebody.visitor, id)).body.data.password_token
  assert.equal((await set(token)).status, 200)
  const { rows } = await owner.query(
    `select operation || ' ' || outcome as what, e::text as whole from journal.entries e
      where (subject_id = $1 and operation = 'startPasswordReset') or (actor_id = $2 and operation = 'setPassword')`,
    [id, id],
  )
  assert.deepEqual(rows.map(({ what }) => what).sort(), ['setPassword done', 'startPasswordReset done'])
  assert.ok(!JSON.stringify(rows).includes(token))
})
