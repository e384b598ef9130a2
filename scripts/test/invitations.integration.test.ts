/** Invitations: who may invite whom, what a token is good for, and how often, and what it never tells. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'

let house: TestHouse
let owner: Owner
let admin: Visitor
let manager: Visitor
let stranger: Visitor

before(async () => {
  // The proxy of these tests is the tests themselves: each may come from an address of its own.
  house = await openTestHouse({ NEXUS_TRUSTED_PROXIES: '127.0.0.1' })
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  manager = await house.as('manager@acme.example')
  stranger = await house.as('admin@globex.example')
})
after(() => house?.close())

let count = 0
const newEmail = () => `invited-${++count}@acme.example`
const word = 'a word of their own'
const refusal = ({ status, body }: Answer) => [status, body.error?.code]
const invite = (visitor: Visitor, body: object = {}) =>
  visitor.rest('POST', '/invitations', { email: newEmail(), role: 'analyst', ...body })
const invited = async (body?: object, visitor = admin) => {
  const answer = await invite(visitor, body)
  assert.equal(answer.status, 201, answer.text)
  return answer.body.data as { id: string; email: string; token: string; state: string }
}
const accept = (token: string, more: object = {}, from = '192.0.2.1') =>
  house.anonymous.rest(
    'POST',
    '/invitations/accept',
    { token, name: 'In Vited', password: word, ...more },
    { 'x-forwarded-for': from },
  )
const login = (email: string, secret: string, organization?: string) =>
  house.anonymous.rest('POST', '/auth/login', { email, password: secret, organization })
const stateOf = async (id: string) => (await admin.rest('GET', `/invitations/${id}`)).body.data

test('who is invited joins under the invited e-mail with the invited role, once, and signs in themselves', async () => {
  const { id, email, token, state } = await invited({ email: ` ${newEmail().toUpperCase()} ` })
  assert.equal(state, 'pending')
  assert.equal(email, email.toLowerCase().trim())
  const { expires_at } = await stateOf(id)
  const days = (Date.parse(expires_at) - Date.now()) / 86_400_000
  assert.ok(days > 6.9 && days <= 7)
  const joined = await accept(token)
  assert.equal(joined.status, 200)
  assert.deepEqual(joined.body.data, {
    email,
    role: 'analyst',
    organization_name: 'Acme',
    organization_slug: 'acme',
    password_set: true,
  })
  assert.equal(joined.headers.get('set-cookie'), null)
  const { accepted_by_id, state: after } = await stateOf(id)
  const { user } = (await login(email, word)).body.data
  assert.deepEqual(
    [after, accepted_by_id, user.role, user.name],
    ['accepted', user.id, 'analyst', 'In Vited'],
  )
  const { rows } = await owner.query('select i::text from identity.invitations i')
  assert.ok(!JSON.stringify(rows).includes(token))
})

test('a token that was used, revoked, replaced, is over, or never was, is answered alike', async () => {
  const used = (await invited()).token
  assert.equal((await accept(used)).status, 200)
  const revoked = await invited()
  assert.equal((await admin.rest('DELETE', `/invitations/${revoked.id}`)).body.data.state, 'revoked')
  assert.equal((await admin.rest('DELETE', `/invitations/${revoked.id}`)).status, 200)
  const replaced = await invited()
  const again = await invited({ email: replaced.email })
  const expired = await invited()
  await owner.query(`update identity.invitations set expires_at = now() where id = $1`, [expired.id])
  assert.equal((await stateOf(expired.id)).state, 'expired')
  const never = Buffer.alloc(32, 7).toString('base64url')
  const answers = await Promise.all(
    [used, revoked.token, replaced.token, expired.token, never, 'x'].map((token) => accept(token)),
  )
  for (const { status, body } of answers)
    assert.deepEqual([status, body.error], [401, answers[0]!.body.error])
  assert.equal((await accept(again.token)).status, 200, 'the later one is good')
})

test('an account that exists keeps its password and its name elsewhere, and no session is opened by it', async () => {
  const { token } = await invited({ email: 'viewer@globex.example', role: 'viewer' })
  const { body } = await accept(token, { password: 'somebody else’s word' })
  assert.deepEqual([body.data.email, body.data.password_set], ['viewer@globex.example', false])
  assert.equal(JSON.stringify(body.data).includes('oken'), false)
  assert.equal((await login('viewer@globex.example', 'somebody else’s word')).status, 401)
  assert.equal((await login('viewer@globex.example', password)).body.data.user.organization.slug, 'globex')
  const here = await login('viewer@globex.example', password, 'acme')
  assert.deepEqual([here.body.data.user.role, here.body.data.user.name], ['viewer', 'In Vited'])
})

test('what is wrong with an acceptance is said, and spends nothing', async () => {
  const { token } = await invited()
  for (const wrong of [
    { password: 'short' },
    { password: undefined },
    { name: ' ' },
    { email: 'a@b.example' },
    { role: 'admin' },
  ])
    assert.deepEqual(refusal(await accept(token, wrong)), [400, 'VALIDATION_ERROR'], JSON.stringify(wrong))
  assert.equal((await accept(token)).status, 200)
})

test('of many who accept at once one is let in, and of many invitations of one e-mail one is good', async () => {
  const { token, email } = await invited()
  const answers = await Promise.all(Array.from({ length: 6 }, () => accept(token)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401, 401, 401])
  assert.deepEqual(refusal(await invite(admin, { email })), [409, 'CONFLICT'])
  const other = newEmail()
  const made = await Promise.all(Array.from({ length: 4 }, () => invite(admin, { email: other })))
  assert.ok(made.every(({ status }) => status === 201))
  const used = await Promise.all(made.map(({ body }) => accept(body.data.token)))
  assert.equal(used.filter(({ status }) => status === 200).length, 1)
})

test('nobody invites to more than they hold, then or when it is accepted', async () => {
  assert.deepEqual(refusal(await invite(manager, { role: 'admin' })), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await invite(admin, { role: 'api' })), [400, 'VALIDATION_ERROR'])
  assert.deepEqual(refusal(await invite(admin, { email: 'nobody' })), [400, 'VALIDATION_ERROR'])
  for (const who of ['analyst@acme.example', 'viewer@acme.example']) {
    const visitor = await house.as(who)
    assert.deepEqual(refusal(await invite(visitor, { role: 'viewer' })), [403, 'FORBIDDEN'])
    assert.deepEqual(refusal(await visitor.rest('GET', '/invitations')), [403, 'FORBIDDEN'])
  }
  const toAdmin = await invited({ role: 'admin' })
  assert.deepEqual(refusal(await manager.rest('DELETE', `/invitations/${toAdmin.id}`)), [403, 'FORBIDDEN'])
  const scopes = ['users:read', 'users:write']
  const { key } = (await admin.rest('POST', '/api-keys', { name: 'Half', scopes })).body.data
  assert.deepEqual(refusal(await invite(house.visitor(key), { role: 'viewer' })), [403, 'FORBIDDEN'])

  const email = 'inviter@acme.example'
  const { id } = (await admin.rest('POST', '/users', { email, name: 'I', role: 'manager', password })).body
    .data
  const inviter = await house.as(email)
  const [first, second] = [await invited({}, inviter), await invited({}, inviter)]
  await admin.rest('PUT', `/users/${id}`, { role: 'analyst' })
  assert.deepEqual(refusal(await accept(first.token)), [401, 'UNAUTHENTICATED'])
  await admin.rest('PUT', `/users/${id}`, { role: 'manager' })
  assert.equal((await accept(first.token)).status, 200, 'it is good while they are')
  await admin.rest('DELETE', `/users/${id}`)
  assert.deepEqual(refusal(await accept(second.token)), [401, 'UNAUTHENTICATED'])
})

test('an inviter who is demoted while it is accepted lets nobody in afterwards', async () => {
  for (let round = 0; round < 5; round++) {
    const email = `racing-${round}@acme.example`
    const { id } = (await admin.rest('POST', '/users', { email, name: 'I', role: 'admin', password })).body
      .data
    const { token } = await invited({ role: 'admin' }, await house.as(email))
    const [demoted, accepted] = await Promise.all([
      admin.rest('PUT', `/users/${id}`, { role: 'viewer' }),
      accept(token, {}, '192.0.2.9'),
    ])
    assert.equal(demoted.status, 200)
    assert.ok([200, 401].includes(accepted.status))
    assert.equal((await accept(token, {}, '192.0.2.9')).status, 401)
  }
})

test('whoever tries tokens is stopped, and others are not', async () => {
  const tries = (from: string) => accept(Buffer.alloc(32, 9).toString('base64url'), {}, from)
  const answers = await Promise.all(Array.from({ length: 25 }, () => tries('198.51.100.7')))
  assert.equal(answers.filter(({ status }) => status === 401).length, 20)
  assert.deepEqual(refusal(answers.find(({ status }) => status !== 401)!), [429, 'RATE_LIMITED'])
  const { token } = await invited()
  assert.deepEqual(refusal(await accept(token, {}, '198.51.100.7')), [429, 'RATE_LIMITED'])
  assert.equal((await accept(token, {}, '198.51.100.8')).status, 200)
})

test('one document accepts once, whatever it calls its fields', async () => {
  const one = 'acceptInvitation(input: { token: "x", name: "n" }) { email }'
  const { body } = await house.anonymous.graphql(`mutation { a: ${one} b: ${one} }`)
  assert.ok(body.errors?.length > 0 && !body.data)
  assert.notEqual(body.errors[0].extensions.code, 'UNAUTHENTICATED')
})

test('another organization’s invitation is none', async () => {
  const theirs = (await invited({ email: 'canary@globex.example' }, stranger)).id
  for (const method of ['GET', 'DELETE']) {
    const ask = (id: string) => admin.rest(method, `/invitations/${id}`)
    const [one, other, strange] = await Promise.all([ask(theirs), ask(crypto.randomUUID()), ask('x')])
    assert.deepEqual(refusal(one!), [404, 'NOT_FOUND'])
    assert.deepEqual(one!.body.error, other!.body.error)
    assert.deepEqual(one!.body.error, strange!.body.error)
  }
  assert.doesNotMatch((await admin.rest('GET', '/invitations?limit=100')).text, /canary/)
})
