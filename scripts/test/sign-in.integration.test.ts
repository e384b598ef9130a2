import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { UnsecuredJWT } from 'jose'
import { createKeys, internalSigner, signAccessToken, verifyAccessToken } from '#kit/tokens.ts'
import { openTestHouse, password, type TestHouse } from '../test-house.ts'

let house: TestHouse

before(async () => {
  house = await openTestHouse()
})
after(() => house?.close())

const signIn = `mutation ($input: SignInInput!) {
  signIn(input: $input) { accessToken expiresIn user { email role organization { slug } lastLoginAt } } }`
const attempt = (input: Record<string, unknown>) => house.anonymous.graphql(signIn, { input })

test('a password opens one’s own organization, by GraphQL and by REST', async () => {
  const { body } = await attempt({ email: ' Admin@ACME.example ', password })
  const { user, expiresIn } = body.data.signIn
  assert.deepEqual([user.email, user.role, user.organization.slug], ['admin@acme.example', 'ADMIN', 'acme'])
  assert.equal(expiresIn, 300)
  const rest = await house.anonymous.rest('POST', '/auth/login', { email: 'viewer@globex.example', password })
  const viewer = house.visitor(rest.body.data.accessToken)
  const me = await viewer.rest('GET', '/auth/me')
  assert.equal(me.body.data.email, 'viewer@globex.example')
  assert.equal(me.body.data.role, 'viewer')
  assert.ok(Date.now() - Date.parse(me.body.data.last_login_at) < 60_000)
  assert.match(me.body.meta.requestId, /^[0-9a-f-]{36}$/)
  assert.equal(me.headers.get('x-request-id'), me.body.meta.requestId)
})

test('nobody learns whether it was the e-mail, the password or the organization', async () => {
  const answers = await Promise.all([
    attempt({ email: 'nobody@acme.example', password }),
    attempt({ email: 'manager@acme.example', password: 'wrong' }),
    attempt({ email: 'manager@acme.example', password, organization: 'globex' }),
    attempt({ email: 'manager@acme.example', password, organization: 'nowhere' }),
  ])
  for (const { text } of answers) assert.equal(text, answers[0].text)
  assert.equal(answers[0].body.errors[0].extensions.code, 'UNAUTHENTICATED')
  const rest = await house.anonymous.rest('POST', '/auth/login', { email: 'x@acme.example', password: 'x' })
  assert.deepEqual([rest.status, rest.body.error.code], [401, 'UNAUTHENTICATED'])
})

test('ten tries at one account are all, by whatever road they come', async () => {
  const email = 'viewer@acme.example'
  const alias = (index: number) =>
    `t${index}: signIn(input: { email: "${email}", password: "x" }) { accessToken }`
  const flood = `mutation { ${Array.from({ length: 20 }, (_, index) => alias(index)).join(' ')} }`
  await house.anonymous.graphql(flood)
  for (let index = 0; index < 5; index++) {
    await attempt({ email: email.toUpperCase(), password: 'guess' })
    await house.anonymous.rest('POST', '/auth/login', { email, password: 'guess' })
  }
  const limited = await attempt({ email, password })
  assert.equal(limited.body.errors[0].extensions.code, 'RATE_LIMITED')
  const rest = await house.anonymous.rest('POST', '/auth/login', { email, password })
  assert.deepEqual([rest.status, rest.body.error.code], [429, 'RATE_LIMITED'])
  assert.ok((await attempt({ email: 'analyst@acme.example', password })).body.data, 'others are not held up')
})

test('without a token there is a type name and a way in, and nothing else', async () => {
  assert.deepEqual((await house.anonymous.graphql('{ __typename }')).body, { data: { __typename: 'Query' } })
  for (const query of [
    '{ me { id } }',
    '{ assets { edges { cursor } } }',
    '{ vulnerabilityStats { total } }',
  ]) {
    const { body } = await house.anonymous.graphql(query)
    assert.equal(body.errors[0].extensions.code, 'UNAUTHENTICATED', query)
  }
  for (const path of [
    '/assets',
    '/alerts/stats',
    '/auth/me',
    '/vulnerabilities',
    '/integrations/connectors',
  ]) {
    const { status, body } = await house.anonymous.rest('GET', path)
    assert.deepEqual([status, body.error.code], [401, 'UNAUTHENTICATED'], path)
  }
})

test('only a token that this house signed for this door is a token', async () => {
  const { token } = await house.as('analyst@globex.example')
  const { keys } = house.surroundings
  const member = await verifyAccessToken(keys, token!)
  const [header, payload, signature] = token!.split('.')
  const forged = [
    await signAccessToken(createKeys('another secret of at least 32 characters'), member),
    await internalSigner(keys, 'gateway')(member, 'assets'),
    new UnsecuredJWT({ org: member.organizationId })
      .setSubject(member.userId)
      .setExpirationTime('1h')
      .encode(),
    `${header}.${Buffer.from(JSON.stringify({ ...member, role: 'admin' })).toString('base64url')}.${signature}`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    'x',
  ]
  for (const forgery of forged) {
    const visitor = house.visitor(forgery)
    assert.equal((await visitor.rest('GET', '/assets')).status, 401, forgery)
    const { status, body } = await visitor.graphql('{ __typename }')
    assert.deepEqual([status, body.errors[0].extensions.code], [401, 'UNAUTHENTICATED'])
  }
})

test('each role may do what the platform says, and is refused the rest', async () => {
  const start =
    'mutation { startImport(input: { upload: "01990000-0000-7000-8000-000000000000", fileName: "x" }) { run { id } } }'
  for (const [role, may] of [
    ['admin', true],
    ['manager', true],
    ['analyst', false],
  ] as const) {
    const visitor = await house.as(`${role}@globex.example`)
    const { body } = await visitor.graphql(start)
    if (may) assert.ok(body.data.startImport.run.id)
    else assert.equal(body.errors[0].extensions.code, 'FORBIDDEN')
    assert.equal((await visitor.graphql('{ assets { edges { cursor } } }')).body.errors, undefined)
  }
})

test('a subgraph answers nobody without its own token, its schema and entities included', async () => {
  const { keys, transports } = house.surroundings
  const member = await verifyAccessToken(keys, (await house.as('admin@acme.example')).token!)
  const elsewhere = await internalSigner(keys, 'gateway')(member, 'alerts')
  const stranger = createKeys('another secret of at least 32 characters')
  const foreign = await internalSigner(stranger, 'gateway')(member, 'assets')
  const questions = [
    '{ __typename }',
    '{ _service { sdl } }',
    'query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }',
    '{ assets { edges { node { name } } } }',
  ]
  for (const query of questions) {
    for (const token of ['', 'x', elsewhere, foreign, await signAccessToken(keys, member)]) {
      const variables = { representations: [{ __typename: 'Asset', id: 'x' }] }
      const answer = await transports.assets!({ query, variables, token, requestId: 'test' })
      assert.equal(answer.data, undefined)
      assert.equal(answer.errors?.[0]?.extensions?.code, 'UNAUTHENTICATED')
    }
  }
})

test('what one subgraph offers another is not for the gateway’s callers', async () => {
  const admin = await house.as('admin@acme.example')
  const { body } = await admin.graphql('mutation { ensureAssets(assets: []) { id } }')
  assert.equal(body.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED')
  const { keys, transports } = house.surroundings
  const member = await verifyAccessToken(keys, admin.token!)
  const token = await internalSigner(keys, 'gateway')(member, 'assets')
  const answer = await transports.assets!({
    query: 'mutation { ensureAssets(assets: []) { id } }',
    token,
    requestId: 'test',
  })
  assert.equal(answer.errors?.[0]?.extensions?.code, 'FORBIDDEN')
})
