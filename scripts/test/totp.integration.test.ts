/** Codes of an authenticator: set up, asked for, taken once, counted, and lost. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, password, type TestHouse } from '../test-house.ts'
import { codeAt, enrolTotp, refusal, type Totp } from './factors.ts'
import { type Owner, openOwner } from './owner.ts'

let house: TestHouse
let owner: Owner
before(async () => {
  house = await openTestHouse({ NEXUS_TRUSTED_PROXIES: '127.0.0.1' })
  owner = await openOwner(house)
})
after(() => house?.close())

let count = 0
/** Somebody with a password and nothing else. */
async function newPerson(role = 'analyst', at = 'acme') {
  const admin = await house.as(`admin@${at}.example`)
  const email = `factor-${++count}@${at}.example`
  const { body } = await admin.rest('POST', '/users', { email, name: 'Some Body', role, password })
  const login = await house.anonymous.rest('POST', '/auth/login', { email, password })
  return { id: body.data.id as string, email, visitor: house.visitor(login.body.data.accessToken) }
}
const login = (email: string, headers = {}) =>
  house.anonymous.rest('POST', '/auth/login', { email, password }, headers)
const complete = (body: object, headers = {}) =>
  house.anonymous.rest('POST', '/auth/login/complete', body, headers)
/** Every code may be computed again: none of this account was taken. */
const forgetSteps = () => owner.query('update identity.totp_secrets set last_step = 0')
const wrongFor = async (totp: Totp) => {
  const right = await Promise.all([-1, 0, 1].map((steps) => codeAt(totp, steps)))
  return ['000000', '111111', '222222', '333333'].find((code) => !right.includes(code))!
}

test('an authenticator counts from its first right code, and signing in asks for it then', async () => {
  const { email, visitor } = await newPerson()
  const started = await visitor.rest('POST', '/auth/totp', {})
  const { secret, url } = started.body.data
  assert.match(secret, /^[A-Z2-7]{32}$/)
  assert.equal(new URL(url).searchParams.get('secret'), secret)
  assert.equal((await login(email)).status, 200, 'not before it was confirmed')
  const wrong = await visitor.rest('POST', '/auth/totp/confirm', { code: await wrongFor({ secret }) })
  assert.deepEqual(refusal(wrong), [403, 'FORBIDDEN'])
  const code = await codeAt({ secret })
  const confirmed = await visitor.rest('POST', '/auth/totp/confirm', { code })
  const { recoveryCodes } = confirmed.body.data
  assert.equal(new Set(recoveryCodes).size, 10)
  assert.deepEqual(refusal(await visitor.rest('POST', '/auth/totp', {})), [409, 'CONFLICT'])
  const refused = await login(email)
  assert.deepEqual(refusal(refused), [401, 'SECOND_FACTOR_REQUIRED'])
  const { challenge, methods } = refused.body.error
  assert.deepEqual(methods, ['totp', 'recovery_code'])
  assert.match(challenge, /^[\w-]{43}$/)
  assert.deepEqual(refusal(await complete({ challenge, code })), [401, 'UNAUTHENTICATED'], 'taken before')
  await forgetSteps()
  const entered = await complete({ challenge, code: await codeAt({ secret }) })
  assert.deepEqual([entered.status, entered.body.data.user.email], [200, email])
  assert.equal((await house.visitor(entered.body.data.accessToken).rest('GET', '/auth/me')).status, 200)
  const again = await complete({ challenge, code: await codeAt({ secret }, 1) })
  assert.deepEqual(refusal(again), [401, 'UNAUTHENTICATED'], 'a challenge is answered once')
  const { rows } = await owner.query('select s::text from identity.totp_secrets s')
  assert.ok(!JSON.stringify(rows).includes(secret), 'the secret is sealed')
  const { rows: codes } = await owner.query('select r::text from identity.recovery_codes r')
  assert.ok(codes.length >= 10 && !JSON.stringify(codes).includes(recoveryCodes[0]))
})

test('the graph refuses as REST does, with the same challenge and methods', async () => {
  const { email, visitor } = await newPerson()
  const totp = await enrolTotp(visitor)
  const { body } = await house.anonymous.graphql(
    'mutation ($input: SignInInput!) { signIn(input: $input) { expiresIn } }',
    { input: { email, password } },
  )
  const { code, challenge, methods, ...rest } = body.errors[0].extensions
  assert.deepEqual([code, methods, rest], ['SECOND_FACTOR_REQUIRED', ['totp', 'recovery_code'], {}])
  await forgetSteps()
  const entered = await house.anonymous.graphql(
    'mutation ($input: CompleteSignInInput!) { completeSignIn(input: $input) { user { email } } }',
    { input: { challenge, code: await codeAt(totp, 1) } },
  )
  assert.equal(entered.body.data.completeSignIn.user.email, email)
})

test('a code is taken once, by one of those who bring it at the same time, and within a step of now', async () => {
  const { email, visitor } = await newPerson()
  const totp = await enrolTotp(visitor)
  await forgetSteps()
  const challenges = await Promise.all(
    [1, 2, 3, 4].map(async () => (await login(email)).body.error.challenge),
  )
  const now = Date.now()
  const code = await codeAt(totp, 0, now)
  const answers = await Promise.all(challenges.map((challenge) => complete({ challenge, code })))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401])
  const challenge = challenges[answers.findIndex(({ status }) => status !== 200)]
  for (const steps of [-1, 0, -3, 4])
    assert.equal(
      (await complete({ challenge, code: await codeAt(totp, steps, now) })).status,
      401,
      `${steps}`,
    )
  assert.equal((await complete({ challenge, code: await codeAt(totp, 1, now) })).status, 200)
})

test('what is no answer to the challenge is refused', async () => {
  const { email, visitor } = await newPerson()
  const totp = await enrolTotp(visitor)
  await forgetSteps()
  const { challenge } = (await login(email)).body.error
  const code = await codeAt(totp)
  for (const [body, expected] of [
    [{ challenge }, [400, 'VALIDATION_ERROR']],
    [{ challenge, code, recoveryCode: 'x' }, [400, 'VALIDATION_ERROR']],
    [{ challenge: 'x', code }, [401, 'UNAUTHENTICATED']],
    [{ challenge: `${challenge.slice(1)}A`, code }, [401, 'UNAUTHENTICATED']],
    [{ challenge: '', code }, [401, 'UNAUTHENTICATED']],
    [{ challenge, code: '' }, [401, 'UNAUTHENTICATED']],
    [{ challenge, code: `${code}0` }, [401, 'UNAUTHENTICATED']],
    [{ challenge, recoveryCode: '' }, [401, 'UNAUTHENTICATED']],
    [{ challenge, recoveryCode: code }, [401, 'UNAUTHENTICATED']],
    [{ challenge, passkey: {} }, [401, 'UNAUTHENTICATED']],
  ] as const)
    assert.deepEqual(refusal(await complete(body)), expected, JSON.stringify(body))
  const other = await newPerson()
  const theirs = await enrolTotp(other.visitor)
  assert.equal((await complete({ challenge, code: await codeAt(theirs, 1) })).status, 401, 'another’s code')
  await owner.query("update identity.challenges set expires_at = now() - interval '1 s'")
  assert.equal((await complete({ challenge, code })).status, 401, 'too late')
})

test('a recovery code signs in once, however it is written; new ones void the old', async () => {
  const { email, visitor } = await newPerson()
  const { recoveryCodes } = await enrolTotp(visitor)
  const challengeOf = async () => (await login(email)).body.error.challenge as string
  const [first, second] = recoveryCodes as [string, string]
  const written = first.toUpperCase().replaceAll('-', ' ')
  const one = await complete({ challenge: await challengeOf(), recoveryCode: written })
  assert.equal(one.status, 200)
  assert.equal((await complete({ challenge: await challengeOf(), recoveryCode: first })).status, 401)
  const left = await visitor.rest('GET', '/auth/factors')
  assert.equal(left.body.data.recovery_codes_left, 9)
  const renewed = (await visitor.rest('POST', '/auth/recovery-codes')).body.data.recoveryCodes
  assert.equal(renewed.length, 10)
  assert.equal((await complete({ challenge: await challengeOf(), recoveryCode: second })).status, 401)
  const challenges = await Promise.all([1, 2, 3].map(challengeOf))
  const raced = await Promise.all(
    challenges.map((challenge) => complete({ challenge, recoveryCode: renewed[0] })),
  )
  assert.deepEqual(raced.map(({ status }) => status).sort(), [200, 401, 401])
})

test('removing it asks for the password and a code; the password alone signs in then', async () => {
  const { email, visitor } = await newPerson()
  const totp = await enrolTotp(visitor)
  const remove = (body: object) => visitor.rest('POST', '/auth/totp/remove', body)
  assert.deepEqual(refusal(await remove({ password })), [400, 'VALIDATION_ERROR'])
  const code = await codeAt(totp, 1)
  assert.deepEqual(refusal(await remove({ password: 'x', code })), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await remove({ password, code: await wrongFor(totp) })), [403, 'FORBIDDEN'])
  assert.equal((await remove({ password, code })).body.data.removed, true)
  assert.equal((await login(email)).status, 200)
  const { rows } = await owner.query(
    `select (select count(*)::int from identity.recovery_codes r where r.account_id = u.account_id) as codes
      from identity.users u where u.email = $1`,
    [email],
  )
  assert.equal(rows[0].codes, 0, 'codes without a factor open nothing')
})

test('the wrong password and an unknown e-mail are answered alike, with a second factor or without', async () => {
  const { email, visitor } = await newPerson()
  await enrolTotp(visitor)
  const answers = await Promise.all(
    [email, 'viewer@acme.example', 'nobody@acme.example'].map((each) =>
      house.anonymous.graphql(
        `mutation { signIn(input: { email: "${each}", password: "wrong" }) { expiresIn } }`,
      ),
    ),
  )
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
})

test('who is remembered by device is asked all the same', async () => {
  const { email, visitor } = await newPerson()
  const opened = await house.anonymous.rest('POST', '/auth/session', { email, password })
  const cookie = opened.headers.getSetCookie().find((each) => each.startsWith('__Host-nexus-device='))!
  const totp = await enrolTotp(visitor)
  await forgetSteps()
  const headers = { cookie: cookie.split(';')[0]! }
  const refused = await house.anonymous.rest('POST', '/auth/session', { email, password }, headers)
  assert.deepEqual(refusal(refused), [401, 'SECOND_FACTOR_REQUIRED'])
  assert.deepEqual(refused.headers.getSetCookie(), [])
  const { challenge } = refused.body.error
  const path = '/auth/session/complete'
  const entered = await house.anonymous.rest('POST', path, { challenge, code: await codeAt(totp) }, headers)
  assert.equal(entered.status, 200)
  assert.equal(entered.headers.getSetCookie().length, 3)
  assert.ok(!entered.text.includes('refresh_token') && !entered.text.includes('accessToken'))
})

test('one document completes once, whatever it calls its fields', async () => {
  const names = ['completeSignIn', 'confirmTotp', 'proveYourself', 'signInWithPasskey'] as const
  for (const name of names) {
    const input = name === 'signInWithPasskey' ? '{ passkey: {} }' : '{ code: "1", challenge: "x" }'
    const given = name === 'proveYourself' ? '{ code: "1" }' : input
    const selection = {
      completeSignIn: 'expiresIn',
      signInWithPasskey: 'expiresIn',
      proveYourself: 'provedUntil',
    }
    const select = name === 'confirmTotp' ? 'recoveryCodes' : selection[name]
    const once = `${name}(input: ${given}) { ${select} }`
    const { body } = await house.anonymous.graphql(`mutation { a: ${once} b: ${once} }`)
    assert.equal(body.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED', name)
    const alone = await house.anonymous.graphql(`mutation { ${once} }`)
    assert.equal(alone.body.errors[0].extensions.code, 'UNAUTHENTICATED', name)
  }
})

test('10,000 wrong codes by aliases, REST and many connections are ten tries, and the right user comes in', async () => {
  const { email, visitor } = await newPerson('viewer', 'globex')
  const { recoveryCodes, ...totp } = await enrolTotp(visitor)
  await forgetSteps()
  const [home, elsewhere] = [{ 'x-forwarded-for': '198.51.100.7' }, { 'x-forwarded-for': '203.0.113.9' }]
  // From home, where they are known afterwards.
  const known = (await login(email, home)).body.error.challenge
  assert.equal((await complete({ challenge: known, code: await codeAt(totp) }, home)).status, 200)
  const { challenge } = (await login(email, elsewhere)).body.error
  const wrong = await wrongFor(totp)
  const codes: Record<string, number> = {}
  const note = (code: string, times = 1) => {
    codes[code] = (codes[code] ?? 0) + times
  }
  let guesses = 0
  const field = (index: number) =>
    `g${index}: completeSignIn(input: { challenge: "${challenge}", code: "${wrong}" }) { expiresIn }`
  const aliases = `mutation { ${Array.from({ length: 20 }, (_, index) => field(index)).join(' ')} }`
  const graph = async (query: string, times: number) => {
    guesses += times
    const { body } = await house.anonymous.graphql(query)
    for (const { extensions } of body.errors) note(extensions.code)
  }
  await Promise.all(
    Array.from({ length: 8 }, async (_, lane) => {
      for (let round = 0; round < 58; round++) await graph(aliases, 20)
      for (let round = 0; round < 40; round++) await graph(`mutation { ${field(round)} }`, 1)
      for (let round = 0; round < 55; round++) {
        const from = { 'x-forwarded-for': `203.0.${lane}.${round}` }
        guesses += 1
        note((await complete({ challenge, code: wrong }, from)).body.error.code)
      }
    }),
  )
  assert.ok(guesses >= 10_000, `${guesses} guesses`)
  const { UNAUTHENTICATED, GRAPHQL_VALIDATION_FAILED = 0, RATE_LIMITED, ...others } = codes
  assert.deepEqual([UNAUTHENTICATED, others], [10, {}], JSON.stringify(codes))
  assert.ok(GRAPHQL_VALIDATION_FAILED >= 8 * 58 && RATE_LIMITED! >= 8 * 90, JSON.stringify(codes))
  const right = await codeAt(totp, 1)
  assert.deepEqual(refusal(await complete({ challenge, code: right })), [429, 'RATE_LIMITED'])
  const another = (await login(email, elsewhere)).body.error.challenge
  assert.deepEqual(refusal(await complete({ challenge: another, code: right })), [429, 'RATE_LIMITED'])
  const athome = (await login(email, home)).body.error.challenge
  assert.equal((await complete({ challenge: athome, code: right })).status, 200, 'from where they are known')
  const recovered = await complete({ challenge: another, recoveryCode: recoveryCodes[0] })
  assert.equal(recovered.status, 200, 'with a recovery code from anywhere')
})
