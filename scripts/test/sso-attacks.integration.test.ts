/** Single sign-on against who does not follow the rules: nobody comes in by any of this. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Browser, openBrowser } from './browser.ts'
import {
  callback,
  client,
  type IdentityProvider,
  openIdentityProvider,
  openWrongProvider,
  publicUrl,
  type Told,
  type Wrong,
} from './identity-provider.ts'

let house: TestHouse
let acme: Visitor
let globex: Visitor
/** Acme's, which does as it is told. */
let wrongIdp: Awaited<ReturnType<typeof openWrongProvider>>
/** Globex's, which follows the rules. */
let idp: IdentityProvider

const start = '/api/v1/auth/sso/acme'
const failed = '/?sso=failed'
const person = (of: string) => ({ sub: 'sub-mallory', email: `mallory@${of}.example`, email_verified: true })
let version = 0

async function connect(admin: Visitor, of: string, issuer: string) {
  const { status, text } = await admin.rest('PUT', '/sso/connection', {
    ...{ issuer, client_id: client.id, client_secret: client.secret, group_claim: null, is_jit: true },
    ...{ domains: [`${of}.example`], default_role: 'viewer', is_enabled: true, scopes: ['email', 'profile'] },
  })
  assert.equal(status, 200, text)
}

before(async () => {
  house = await openTestHouse({ NEXUS_PUBLIC_URL: publicUrl, NEXUS_PRIVATE_NETWORKS: '127.0.0.0/8' })
  acme = await house.as('admin@acme.example')
  globex = await house.as('admin@globex.example')
  wrongIdp = await openWrongProvider(person('acme'))
  idp = await openIdentityProvider()
  idp.people.push(person('globex'))
  await connect(acme, 'acme', wrongIdp.issuer)
  await connect(globex, 'globex', idp.issuer)
})
after(async () => {
  await wrongIdp?.close()
  await idp?.close()
  await house?.close()
})

const isIn = ({ cookies }: Browser) => cookies.has('__Host-nexus') || cookies.has('__Host-nexus-refresh')

/** One sign-in at a provider that gets something wrong; what is remembered of it is forgotten first. */
async function tryWith(wrong: Partial<Wrong>, turn?: Parameters<Browser['go']>[1]) {
  const { wrong: now } = wrongIdp
  for (const name of Object.keys(now)) delete now[name as keyof Wrong]
  await acme.rest('PUT', '/sso/connection', { scopes: ['email', `v${version++}`] })
  Object.assign(now, wrong)
  const browser = openBrowser(house.url)
  return { browser, page: await browser.go(start, turn) }
}

const claims = (change: Record<string, unknown>) => (told: Told) => ({
  ...told,
  claims: { ...told.claims, ...change } as Told['claims'],
})
const now = Math.floor(Date.now() / 1_000)
const tokens: Record<string, Wrong['token']> = {
  'another audience': claims({ aud: 'somebody-else' }),
  'no audience': claims({ aud: undefined }),
  'an audience that begins like ours': claims({ aud: `${client.id}-2` }),
  'two audiences, for another party': claims({ aud: [client.id, 'other'], azp: 'other' }),
  'two audiences, for nobody said': claims({ aud: [client.id, 'other'] }),
  'another issuer': claims({ iss: 'https://evil.example' }),
  'no issuer': claims({ iss: undefined }),
  'a nonce of another sign-in': claims({ nonce: 'A'.repeat(43) }),
  'no nonce': claims({ nonce: undefined }),
  'an empty nonce': claims({ nonce: '' }),
  'an end that is past': claims({ iat: now - 4_000, exp: now - 3_600 }),
  'an end two minutes ago': claims({ iat: now - 300, exp: now - 120 }),
  'no end': claims({ exp: undefined }),
  'no time of issue': claims({ iat: undefined }),
  'a beginning that is to come': claims({ nbf: now + 3_600 }),
  'no subject': claims({ sub: undefined }),
  'an empty subject': claims({ sub: '' }),
  'a subject that is a number': claims({ sub: 1 }),
  'no signature': (told) => ({ ...told, header: { alg: 'none' }, by: 'nobody' }),
  'no signature, in capitals': (told) => ({ ...told, header: { alg: 'NONE' }, by: 'nobody' }),
  'a signature that is left out': (told) => ({ ...told, by: 'nobody' }),
  'the secret that both know': (told) => ({ ...told, header: { alg: 'HS256' }, by: 'secret' }),
  'a key of somebody else': (told) => ({ ...told, by: 'stranger' }),
  'a key that nobody told': (told) => ({ ...told, header: { alg: 'RS256', kid: 'two' } }),
  'a key of its own': (told) => ({
    ...told,
    header: { ...told.header, jku: 'https://evil.example' },
    by: 'stranger',
  }),
  'an e-mail that is not verified': claims({ email_verified: false }),
  'an e-mail of a domain that is not acme’s': claims({ email: 'mallory@globex.example' }),
}

test('a provider that gets nothing wrong lets its people in', async () => {
  const { browser, page } = await tryWith({})
  assert.deepEqual([page, isIn(browser)], ['/', true])
  assert.deepEqual(wrongIdp.seen, ['/.well-known/openid-configuration', '/auth', '/token', '/jwks'])
})

test('no token opens anything that is not whole, for us, of now and of this sign-in', async () => {
  // Nobody is known by then whose token could be taken for theirs.
  wrongIdp.person.sub = 'sub-unknown'
  wrongIdp.person.email = 'unknown@acme.example'
  for (const [what, token] of Object.entries(tokens)) {
    const { browser, page } = await tryWith({ token: token! })
    assert.deepEqual([page, isIn(browser)], [failed, false], what)
  }
})

test('a token that ended within the clocks’ difference is good', async () => {
  const { browser } = await tryWith({
    token: claims({ iat: now - 300, exp: Math.floor(Date.now() / 1_000) - 10 }),
  })
  assert.ok(isIn(browser))
})

test('an answer of another provider, of another state or of none is not taken', async () => {
  const answers: Wrong['answer'][] = [
    { iss: 'https://evil.example' },
    { iss: idp.issuer },
    { state: 'A'.repeat(43) },
    { state: '' },
    { error: 'access_denied' },
    { code: '' },
  ]
  for (const answer of answers) {
    const { browser, page } = await tryWith({ answer })
    assert.deepEqual([page, isIn(browser)], [failed, false], JSON.stringify(answer))
  }
  // Who says that it always names itself is not believed when it does not.
  const silent = await tryWith({ metadata: { authorization_response_iss_parameter_supported: true } })
  assert.deepEqual([silent.page, isIn(silent.browser)], [failed, false])
  const named = await tryWith({
    metadata: { authorization_response_iss_parameter_supported: true },
    answer: { iss: wrongIdp.issuer },
  })
  assert.equal(isIn(named.browser), true)
})

const atCallback = (change: (address: URL) => void) => (address: string) => {
  if (!address.startsWith(callback)) return address
  const url = new URL(address)
  change(url)
  return url.href
}

test('what comes back is taken once, whole, and in the browser that went', async () => {
  const { browser, page: back } = await tryWith({}, (address) =>
    address.startsWith(callback) ? null : address,
  )
  const other = openBrowser(house.url)
  assert.deepEqual([await other.go(back), isIn(other)], [failed, false], 'another browser')
  const begun = openBrowser(house.url)
  await begun.go(start, (address) => (address.startsWith(wrongIdp.issuer) ? null : address))
  assert.deepEqual(
    [await begun.go(back), isIn(begun)],
    [failed, false],
    'a browser with a sign-in of its own',
  )
  for (const strip of ['state', 'code']) {
    const url = new URL(back)
    url.searchParams.delete(strip)
    assert.deepEqual([await openBrowser(house.url).go(url.href), isIn(browser)], [failed, false], strip)
  }
  assert.deepEqual([await browser.go(back), isIn(browser)], ['/', true])
  const replay = openBrowser(house.url)
  for (const [name, value] of browser.cookies)
    if (name === '__Host-nexus-sso') replay.cookies.set(name, value)
  assert.deepEqual([await replay.go(back), isIn(replay)], [failed, false], 'again')
  const changes: Record<string, (address: URL) => void> = {
    'two states': (url) => url.searchParams.append('state', 'x'),
    'two codes': (url) => url.searchParams.append('code', 'x'),
    'no parameters': (url) => {
      url.search = ''
    },
    'a very long answer': (url) => url.searchParams.append('x', 'x'.repeat(9_000)),
  }
  for (const [what, change] of Object.entries(changes)) {
    const { browser, page } = await tryWith({}, atCallback(change))
    assert.deepEqual([page, isIn(browser)], [failed, false], what)
  }
})

test('pressed twice at the same time, it opens one session', async () => {
  const { browser, page: back } = await tryWith({}, (address) =>
    address.startsWith(callback) ? null : address,
  )
  const cookie = `__Host-nexus-sso=${browser.cookies.get('__Host-nexus-sso')}`
  const url = `${house.url}${new URL(back).pathname}${new URL(back).search}`
  const ask = () => fetch(url, { redirect: 'manual', headers: { cookie } })
  const answers = await Promise.all(Array.from({ length: 10 }, ask))
  assert.equal(answers.filter(({ headers }) => headers.get('location') === '/').length, 1)
})

test('a code that was asked for without PKCE, or by a connection that has changed since, opens nothing', async () => {
  const downgrade = (address: string) => {
    const url = new URL(address)
    if (url.origin !== idp.issuer) return address
    url.searchParams.delete('code_challenge')
    url.searchParams.delete('code_challenge_method')
    return url.href
  }
  const another = (address: string) => {
    const url = new URL(address)
    if (url.origin === idp.issuer && url.pathname === '/auth')
      url.searchParams.set('code_challenge', 'A'.repeat(43))
    return url.href
  }
  for (const turn of [downgrade, another]) {
    const browser = openBrowser(house.url)
    assert.deepEqual([await browser.go('/api/v1/auth/sso/globex', turn), isIn(browser)], [failed, false])
  }
  const honest = openBrowser(house.url)
  assert.deepEqual([await honest.go('/api/v1/auth/sso/globex'), isIn(honest)], ['/', true])
  const { browser, page: back } = await tryWith({}, (address) =>
    address.startsWith(callback) ? null : address,
  )
  await acme.rest('PUT', '/sso/connection', { domains: ['acme.example'] })
  assert.deepEqual([await browser.go(back), isIn(browser)], [failed, false])
})

test('a provider that sends browsers to another one learns nothing that opens either', async () => {
  // Acme's provider sends who comes to it on to Globex's, which answers to our callback with a code of its own.
  const mixedUp = (address: string) => {
    const url = new URL(address)
    if (url.origin !== wrongIdp.issuer || url.pathname !== '/auth') return address
    return `${idp.issuer}/auth${url.search.replace(/scope=[^&]*/, 'scope=openid')}`
  }
  wrongIdp.seen.length = 0
  const { browser, page } = await tryWith({}, mixedUp)
  assert.deepEqual([page, isIn(browser)], [failed, false])
  // Globex's names itself, so that its code never came to Acme's.
  assert.ok(!wrongIdp.seen.includes('/token'), wrongIdp.seen.join())
})

test('a provider that is away, slow, endless or not what it says lets nobody in', async () => {
  const well = '/.well-known/openid-configuration'
  const json = { 'content-type': 'application/json' }
  const instead =
    (path: string, answer: Parameters<Wrong['instead']>[1] extends infer R ? (response: R) => void : never) =>
    (asked: string, response: Parameters<Wrong['instead']>[1]) => {
      if (asked !== path) return false
      answer(response)
      return true
    }
  const huge = (response: Parameters<Wrong['instead']>[1]) => {
    response.writeHead(200, json)
    const more = () => response.write(' '.repeat(100_000), () => !response.destroyed && setImmediate(more))
    more()
  }
  const cases: [what: string, page: string, wrong: Partial<Wrong>][] = [
    ['503 at once', '/?sso=none', { instead: instead(well, (response) => response.writeHead(503).end()) }],
    [
      'no JSON',
      '/?sso=none',
      { instead: instead(well, (response) => response.writeHead(200, json).end('{')) },
    ],
    ['endless', '/?sso=none', { instead: instead(well, huge) }],
    ['cut off', '/?sso=none', { instead: instead(well, (response) => response.destroy()) }],
    [
      'elsewhere',
      '/?sso=none',
      {
        instead: instead(well, (response) =>
          response.writeHead(302, { location: `${idp.issuer}${well}` }).end(),
        ),
      },
    ],
    ['another name', '/?sso=none', { metadata: { issuer: 'https://evil.example' } }],
    ['a script to go to', '/?sso=none', { metadata: { authorization_endpoint: 'javascript:alert(1)' } }],
    ['503 for tokens', failed, { instead: instead('/token', (response) => response.writeHead(503).end()) }],
    ['endless tokens', failed, { instead: instead('/token', huge) }],
    ['slow tokens', failed, { instead: instead('/token', () => {}) }],
    [
      'no keys',
      failed,
      { instead: instead('/jwks', (response) => response.writeHead(200, json).end('{"keys":[]}')) },
    ],
    ['tokens of this machine', failed, { metadata: { token_endpoint: 'http://169.254.169.254/token' } }],
    ['keys of this machine', failed, { metadata: { jwks_uri: 'http://[::1]/jwks' } }],
    [
      'only what both know',
      failed,
      { metadata: { id_token_signing_alg_values_supported: ['HS256', 'none'] } },
    ],
  ]
  for (const [what, page, wrong] of cases) {
    const tried = await tryWith(wrong)
    assert.deepEqual([tried.page, isIn(tried.browser)], [page, false], what)
  }
  const { browser } = await tryWith({})
  assert.ok(isIn(browser))
})

test('one document begins or ends one sign-in', async () => {
  const begin = 'startSingleSignOn(input: { organization: "acme" }) { url }'
  const end = 'completeSingleSignOn(input: { parameters: "" }) { returnTo }'
  for (const fields of [`a: ${begin} b: ${begin}`, `a: ${end} b: ${end}`, `${begin} ${end}`]) {
    const { body } = await house.anonymous.graphql(`mutation { ${fields} }`)
    assert.equal(body.data, undefined, fields)
  }
})
