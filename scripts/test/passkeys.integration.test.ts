/** Passkeys: made, used alone and as the second factor, and every answer that was not asked for. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'
import { type Key, openAuthenticator, type Wrong } from './authenticator.ts'
import { codeAt, enrolTotp, refusal } from './factors.ts'
import { type Owner, openOwner } from './owner.ts'

const origin = 'https://nexus.example'
const device = openAuthenticator(origin)

let house: TestHouse
let owner: Owner
before(async () => {
  house = await openTestHouse({ NEXUS_PUBLIC_URL: `${origin}/` })
  owner = await openOwner(house)
})
after(() => house?.close())

let count = 0
async function newPerson(role = 'analyst', at = 'acme') {
  const admin = await house.as(`admin@${at}.example`)
  const email = `passkey-${++count}@${at}.example`
  const made = await admin.rest('POST', '/users', { email, name: 'Some Body', role, password })
  const { body } = await login(email)
  return { id: made.body.data.id as string, email, visitor: house.visitor(body.data.accessToken) }
}
const post = (path: string, body: object, visitor = house.anonymous) =>
  visitor.rest('POST', `/auth/${path}`, body)
const login = (email: string) => post('login', { email, password })
const optionsFor = async (body: object = {}) => (await post('passkeys/options', body)).body.data

/** Gives somebody a passkey. */
async function addTo(visitor: Visitor, name = 'Laptop', challenge = {}) {
  const options = (await post('passkeys/registration', challenge, visitor)).body.data
  const { key, response } = device.register(options)
  const made = await post(
    'passkeys/registration/complete',
    { name, passkey: response, ...challenge },
    visitor,
  )
  assert.equal(made.status, 201, made.text)
  return { key, id: made.body.data.id as string, recoveryCodes: made.body.data.recoveryCodes }
}

test('a passkey signs in alone, by REST and by the graph, and without a name in what is asked', async () => {
  const { email, visitor } = await newPerson()
  const { key, recoveryCodes } = await addTo(visitor, ' My laptop ')
  assert.equal(recoveryCodes.length, 10)
  const options = await optionsFor()
  assert.deepEqual([options.rpId, options.userVerification], ['nexus.example', 'required'])
  assert.equal(options.allowCredentials, undefined)
  const { status, body } = await post('passkeys', { passkey: device.use(key, options) })
  assert.deepEqual([status, body.data.user.email], [200, email])
  const entered = await house.anonymous.graphql(
    'mutation ($input: SignInWithPasskeyInput!) { signInWithPasskey(input: $input) { user { email } } }',
    { input: { passkey: device.use(key, await optionsFor()), organization: 'acme' } },
  )
  assert.equal(entered.body.data.signInWithPasskey.user.email, email)
  const elsewhere = { passkey: device.use(key, await optionsFor()), organization: 'globex' }
  assert.deepEqual(refusal(await post('passkeys', elsewhere)), [401, 'UNAUTHENTICATED'])
  const [shown] = (await visitor.rest('GET', '/auth/factors')).body.data.passkeys
  assert.equal(shown.name, 'My laptop')
  assert.ok(Date.parse(shown.last_used_at) > Date.now() - 60_000)
  const browser = await post('session/passkey', { passkey: device.use(key, await optionsFor()) })
  assert.equal(browser.headers.getSetCookie().length, 3)
})

test('it is a second factor of its own account, among several', async () => {
  const { email, visitor } = await newPerson()
  const totp = await enrolTotp(visitor)
  const first = await addTo(visitor, 'Laptop')
  const second = await addTo(visitor, 'Telephone')
  assert.equal(second.recoveryCodes, null)
  const { challenge, methods } = (await login(email)).body.error
  assert.deepEqual(methods, ['totp', 'passkey', 'recovery_code'])
  const options = await optionsFor({ challenge })
  assert.deepEqual(
    options.allowCredentials.map(({ id }: { id: string }) => id),
    [first.key.id, second.key.id],
  )
  const passkey = device.use(second.key, options, { handle: null })
  const { status, body } = await post('login/complete', { challenge, passkey })
  assert.deepEqual([status, body.data.user.email], [200, email])
  const again = (await login(email)).body.error.challenge
  assert.equal((await post('login/complete', { challenge: again, code: await codeAt(totp, 1) })).status, 200)
})

test('an answer is for what was asked of whom, once', async () => {
  const [one, other] = [await newPerson(), await newPerson()]
  const [mine, theirs] = [await addTo(one.visitor), await addTo(other.visitor)]
  const step = async ({ email }: { email: string }) => (await login(email)).body.error.challenge as string
  const complete = (challenge: string, passkey: object) => post('login/complete', { challenge, passkey })
  const refused = async (what: string, answer: ReturnType<typeof post>) =>
    assert.deepEqual(refusal(await answer), [401, 'UNAUTHENTICATED'], what)
  const [a, b, c] = [await step(one), await step(one), await step(other)]
  await refused(
    'another sign-in of theirs',
    complete(b, device.use(mine.key, await optionsFor({ challenge: a }))),
  )
  await refused(
    'a passkey of another',
    complete(a, device.use(theirs.key, await optionsFor({ challenge: a }))),
  )
  await refused('asked of another', complete(a, device.use(mine.key, await optionsFor({ challenge: c }))))
  await refused('asked for entering alone', complete(a, device.use(mine.key, await optionsFor())))
  await refused(
    'asked for the second step',
    post('passkeys', { passkey: device.use(mine.key, await optionsFor({ challenge: a })) }),
  )
  const proof = (await one.visitor.rest('POST', '/auth/proof/options')).body.data
  await refused('asked for a proof', complete(a, device.use(mine.key, proof)))
  const registration = (await post('passkeys/registration', {}, one.visitor)).body.data
  await refused('asked to register', post('passkeys', { passkey: device.use(mine.key, registration) }))
  const options = await optionsFor()
  const passkey = device.use(mine.key, options)
  const raced = await Promise.all([1, 2, 3, 4].map(() => post('passkeys', { passkey })))
  assert.deepEqual(raced.map(({ status }) => status).sort(), [200, 401, 401, 401])
  await refused('replayed', post('passkeys', { passkey }))
  await refused('spent by another', post('passkeys', { passkey: device.use(mine.key, options) }))
  const late = device.use(mine.key, await optionsFor())
  await owner.query("update identity.challenges set expires_at = now() - interval '1 s'")
  await refused('too late', post('passkeys', { passkey: late }))
  await refused('a challenge of nobody', post('passkeys/options', { challenge: 'x' }))
})

test('forged answers are refused, and the right one after each of them comes in', async () => {
  const { email, visitor } = await newPerson()
  const { key } = await addTo(visitor)
  const other = await addTo((await newPerson()).visitor)
  const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const forged: Record<string, Wrong> = {
    'a challenge of its own': { challenge: 'A'.repeat(43) },
    'no challenge': { challenge: '' },
    'another origin': { origin: 'https://nexus.example.evil.example' },
    'the origin without TLS': { origin: 'http://nexus.example' },
    'a port of the origin': { origin: 'https://nexus.example:8443' },
    'a host below': { origin: 'https://x.nexus.example' },
    'no origin': { origin: 'null' },
    'made, not used': { type: 'webauthn.create' },
    'a payment': { type: 'payment.get' },
    'in a frame of another page': { crossOrigin: true },
    'another site': { rpId: 'evil.example' },
    'the site in capitals': { rpId: 'NEXUS.example' },
    'nobody there': { flags: 0x04 },
    'nobody verified': { flags: 0x01 },
    'no flags': { flags: 0 },
    'backed up, and not to be': { flags: 0x15 },
    'a counter that stands still': { counter: 1 },
    'a counter that goes back': { counter: 0 },
    'signed by another key': { signWith: foreign },
    'signed by another’s passkey': { signWith: other.key.privateKey },
    'the id of another’s passkey': { id: other.key.id },
    'an id of nobody': { id: 'A'.repeat(43) },
    'the handle of another': { handle: other.key.handle },
    'no handle': { handle: null },
    'a handle of nobody': { handle: 'AAAA' },
  }
  const enter = (passkey: unknown) => post('passkeys', { passkey } as object)
  await enter(device.use(key, await optionsFor()))
  for (const [what, wrong] of Object.entries(forged)) {
    const answer = await enter(device.use(key, await optionsFor(), wrong))
    assert.deepEqual(refusal(answer), [401, 'UNAUTHENTICATED'], what)
  }
  const whole = device.use(key, await optionsFor())
  const broken: [string, unknown][] = [
    ['nothing', {}],
    ['no response', { ...whole, response: undefined }],
    ['a signature of nothing', { ...whole, response: { ...whole.response, signature: 'AA' } }],
    ['no data', { ...whole, response: { ...whole.response, authenticatorData: 'AA' } }],
    ['client data that is no JSON', { ...whole, response: { ...whole.response, clientDataJSON: 'AAAA' } }],
    ['client data that is a list', { ...whole, response: { ...whole.response, clientDataJSON: 'W10' } }],
    ['another type', { ...whole, type: 'password' }],
    ['an id that is not the raw one', { ...whole, rawId: 'AAAA' }],
    ['an id that is an object', { ...whole, id: { $ne: null } }],
  ]
  for (const [what, passkey] of broken) {
    const { status, text } = await enter(passkey)
    assert.equal(status, 401, `${what}: ${text}`)
  }
  const { status, body } = await enter(device.use(key, await optionsFor()))
  assert.deepEqual([status, body.data.user.email], [200, email])
  assert.ok(Object.keys(forged).length + broken.length >= 30)
})

test('what is no new passkey for this account and this site is not kept', async () => {
  const [one, other] = [await newPerson(), await newPerson()]
  const ask = async ({ visitor }: { visitor: Visitor }) =>
    (await post('passkeys/registration', {}, visitor)).body.data
  const add = (passkey: unknown, { visitor } = one) =>
    post('passkeys/registration/complete', { name: 'x', passkey } as object, visitor)
  const certificate = new Map<string, unknown>([
    ['alg', -7],
    ['sig', Buffer.alloc(8)],
    ['x5c', [Buffer.alloc(8)]],
  ])
  const forged: Record<string, Wrong> = {
    'a challenge of its own': { challenge: 'A'.repeat(43) },
    'another origin': { origin: 'https://evil.example' },
    'used, not made': { type: 'webauthn.get' },
    'in a frame of another page': { crossOrigin: true },
    'another site': { rpId: 'evil.example' },
    'nobody verified': { flags: 0x01 },
    'another id': { id: 'A'.repeat(43) },
    'a proof of make': { format: 'packed', statement: certificate },
    'an unknown proof': { format: 'tpm' },
  }
  for (const [what, wrong] of Object.entries(forged)) {
    const answer = await add(device.register(await ask(one), wrong).response)
    assert.deepEqual(refusal(answer), [403, 'FORBIDDEN'], what)
  }
  const asked = device.register(await ask(other)).response
  assert.deepEqual(refusal(await add(asked)), [403, 'FORBIDDEN'], 'asked of another')
  const mine = device.register(await ask(one)).response
  assert.equal((await add(mine)).status, 201)
  assert.deepEqual(refusal(await add(mine)), [403, 'FORBIDDEN'], 'once more')
  const { rows } = await owner.query('select credential_id from identity.passkeys where credential_id = $1', [
    mine.id,
  ])
  assert.equal(rows.length, 1)
  for (const name of ['', ' ', 'x'.repeat(101), 'a\u0000'])
    assert.equal(
      refusal(await post('passkeys/registration/complete', { name, passkey: mine }, one.visitor))[0],
      400,
    )
})

test('one’s own passkey is removed, another’s is none; both need a fresh proof', async () => {
  const [one, other] = [await newPerson(), await newPerson()]
  const [mine, theirs] = [await addTo(one.visitor), await addTo(other.visitor)]
  const remove = (id: string) => one.visitor.rest('DELETE', `/auth/passkeys/${id}`)
  const [foreign, none] = [await remove(theirs.id), await remove(crypto.randomUUID())]
  assert.deepEqual(refusal(foreign), [404, 'NOT_FOUND'])
  assert.deepEqual(foreign.body.error, none.body.error)
  await owner.wait(11 * 60)
  const stale = await remove(mine.id)
  assert.deepEqual(refusal(stale), [401, 'REAUTHENTICATION_REQUIRED'])
  assert.deepEqual(stale.body.error.methods, ['passkey', 'recovery_code'])
  const byPassword = await post('proof', { password }, one.visitor)
  assert.deepEqual(refusal(byPassword), [401, 'REAUTHENTICATION_REQUIRED'], 'not by what is not enough')
  const prove = async (key: Key) => {
    const options = (await one.visitor.rest('POST', '/auth/proof/options')).body.data
    return post('proof', { passkey: device.use(key, options) }, one.visitor)
  }
  assert.deepEqual(refusal(await prove(theirs.key)), [403, 'FORBIDDEN'])
  assert.equal((await prove(mine.key)).status, 200)
  assert.equal((await remove(mine.id)).status, 200)
  const gone = { passkey: device.use(mine.key, await optionsFor()) }
  assert.deepEqual(refusal(await post('passkeys', gone)), [401, 'UNAUTHENTICATED'])
  assert.equal((await login(one.email)).status, 200)
})
