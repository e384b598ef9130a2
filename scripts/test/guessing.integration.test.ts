/** Guessing passwords: ten tries an account whatever the road, and its owner still comes in from where they are known. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, password, type TestHouse } from '../test-house.ts'
import { openSocket } from './listeners.ts'
import { type Owner, openOwner } from './owner.ts'

let house: TestHouse
let owner: Owner

before(async () => {
  house = await openTestHouse({ NEXUS_TRUSTED_PROXIES: '127.0.0.1' })
  owner = await openOwner(house)
})
after(() => house?.close())

const [home, office, elsewhere] = ['198.51.100.1', '198.51.100.2', '203.0.113.66'] as const
const from = (ip: string, cookie?: string) => ({ 'x-forwarded-for': ip, ...(cookie && { cookie }) })
const login = (email: string, word: string, headers: Record<string, string>) =>
  house.anonymous.rest('POST', '/auth/login', { email, password: word }, headers)
const browser = (email: string, headers: Record<string, string>) =>
  house.anonymous.rest('POST', '/auth/session', { email, password }, headers)
const deviceOf = (headers: Headers) =>
  headers.getSetCookie().find((each) => each.startsWith('__Host-nexus-device='))!
const flood = async (email: string, headers: Record<string, string>, times = 15) => {
  const statuses = []
  for (let index = 0; index < times; index++)
    statuses.push((await login(email, `guess ${index}`, headers)).status)
  return statuses
}
const tally = (statuses: number[]) => ({
  tried: statuses.filter((status) => status === 401).length,
  refused: statuses.filter((status) => status === 429).length,
})

test('10,000 guesses by alias, fragment, REST, sockets and many connections are ten tries at one account', async () => {
  const email = 'viewer@globex.example'
  let guesses = 0
  const codes: string[] = []
  const note = (errors: { extensions: { code: string } }[] = []) => {
    for (const { extensions } of errors) codes.push(extensions.code)
  }
  const guess = (name: string | number) =>
    `g${name}: signIn(input: { email: "${email}", password: "guess ${name}" }) { expiresIn }`
  const many = (count: number) => Array.from({ length: count }, (_, index) => index)
  const aliases = `mutation { ${many(20).map(guess).join(' ')} }`
  const fragments = `mutation { ...a ...b } fragment a on Mutation { ${many(10).map(guess).join(' ')} }
    fragment b on Mutation { ${many(10)
      .map((each) => guess(each + 10))
      .join(' ')} }`
  const graph = async (query: string, count = 20) => {
    guesses += count
    note((await house.anonymous.graphql(query)).body.errors)
  }
  const rest = async (index: number) => {
    const ip = `203.0.${113 + (index % 2)}.${index % 256}`
    const { body } = await login(index % 3 ? email : email.toUpperCase(), `guess ${index}`, from(ip))
    guesses += 1
    codes.push(body.error.code)
  }
  // Eight connections at once, of a stranger with an army of addresses.
  await Promise.all(
    many(8).map(async (lane) => {
      for (let round = 0; round < 58; round++) await graph(round % 2 ? aliases : fragments)
      for (let round = 0; round < 20; round++) await graph(`mutation { ${guess(round)} }`, 1)
      for (let round = 0; round < 100; round++) await rest(lane * 100 + round)
    }),
  )
  const { token } = await house.as('analyst@globex.example')
  const socket = await openSocket(house.url, { authorization: `Bearer ${token}` })
  for (const _ of many(4)) {
    guesses += 20
    const [answer] = (await socket.ask(aliases)) as { errors: never[] }[]
    note(answer!.errors)
  }
  socket.close()
  const batch = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(many(10).map(() => ({ query: aliases }))),
  })
  assert.equal(batch.status, 400, 'batches are not read')
  assert.ok(guesses >= 10_000, `${guesses} guesses`)
  assert.ok(codes.length >= 8 * (58 + 20 + 100), `${codes.length} answers`)
  // A document that tries more than once is refused before anybody is asked.
  const unread = codes.filter((code) => code === 'GRAPHQL_VALIDATION_FAILED')
  assert.ok(unread.length >= 8 * 58, `${unread.length} documents refused`)
  const checked = codes.filter((code) => code !== 'RATE_LIMITED' && code !== 'GRAPHQL_VALIDATION_FAILED')
  assert.deepEqual(checked, Array(10).fill('UNAUTHENTICATED'))
})

test('strangers wait, and who is known by device or address comes in', async () => {
  const email = 'analyst@acme.example'
  const cookie = deviceOf((await browser(email, from(home))).headers).split(';')[0]!
  assert.deepEqual(tally(await flood(email, from(elsewhere))), { tried: 10, refused: 5 })
  assert.equal((await login(email, password, from(elsewhere))).status, 429)
  assert.equal((await login(email, password, from(office))).status, 429)
  assert.equal((await login(email, password, from(home))).status, 200, 'from the address they were at')
  const { status, headers } = await browser(email, from(office, cookie))
  assert.equal(status, 200, 'with the device they had')
  assert.equal(deviceOf(headers).split(';')[0], cookie, 'which keeps its token')
  assert.equal((await login(email, password, from(elsewhere))).status, 429, 'and strangers still wait')
})

test('a known device has ten tries of its own, and no more', async () => {
  const email = 'manager@acme.example'
  const cookie = deviceOf((await browser(email, from(home))).headers).split(';')[0]!
  const wrong = () =>
    house.anonymous.rest('POST', '/auth/session', { email, password: 'x' }, from(office, cookie))
  const statuses = []
  for (let index = 0; index < 12; index++) statuses.push((await wrong()).status)
  assert.deepEqual(tally(statuses), { tried: 10, refused: 2 })
  assert.equal((await login(email, password, from(home))).status, 200)
})

test('a device is known to its own account, from its own cookie, for 30 days', async () => {
  const email = 'viewer@acme.example'
  const set = deviceOf((await browser(email, from(home))).headers)
  assert.match(
    set,
    /^__Host-nexus-device=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  )
  const cookie = set.split(';')[0]!
  const { rows } = await owner.query('select p::text from identity.known_places p')
  assert.ok(rows.length > 0)
  for (const text of [cookie.split('=')[1]!, home]) assert.ok(!JSON.stringify(rows).includes(text))
  const other = await browser('admin@acme.example', from(office, cookie))
  assert.equal(
    deviceOf(other.headers).split(';')[0],
    cookie,
    'a browser is one device to all of its accounts',
  )
  const made = await browser('admin@acme.example', from(office, '__Host-nexus-device=made-up'))
  assert.notEqual(deviceOf(made.headers).split(';')[0], '__Host-nexus-device=made-up')
  await flood(email, from(elsewhere))
  for (const forged of [`${cookie}x`, '__Host-nexus-device=', '__Host-nexus-device=guess'])
    assert.equal((await browser(email, from(office, forged))).status, 429, forged)
  assert.equal((await browser(email, from(office, cookie))).status, 200)
  await owner.query("update identity.known_places set last_seen_at = now() - interval '31 days'")
  assert.equal((await browser(email, from(office, cookie))).status, 429)
})

test('an unknown e-mail, a known one and one without a password answer alike, and take as long', async () => {
  const admin = await house.as('admin@globex.example')
  const waiting = 'waiting@globex.example'
  await admin.rest('POST', '/users', { email: waiting, name: 'Waiting', role: 'viewer' })
  const kinds = { known: 'manager@globex.example', unknown: 'nobody@globex.example', waiting }
  const took: Record<string, number[]> = { known: [], unknown: [], waiting: [] }
  const texts = new Set<string>()
  for (let round = 0; round < 9; round++) {
    for (const [kind, email] of Object.entries(kinds)) {
      const start = performance.now()
      const { body } = await house.anonymous.graphql(
        `mutation { signIn(input: { email: "${email}", password: "guess ${round}" }) { expiresIn } }`,
      )
      took[kind]!.push(performance.now() - start)
      texts.add(JSON.stringify(body))
    }
  }
  assert.equal(texts.size, 1)
  const quickest = (kind: string) => Math.min(...took[kind]!)
  // Without the same work an answer would come in a tenth of the time.
  for (const kind of ['unknown', 'waiting']) {
    const ratio = quickest(kind) / quickest('known')
    assert.ok(ratio > 0.5 && ratio < 2, `${kind}: ${JSON.stringify(took)}`)
  }
})

test('a flood of sign-ins is refused before it waits for long, and the rest of the house goes on', async (context) => {
  const { token } = await house.as('analyst@globex.example')
  const visitor = house.visitor(token)
  let left = 400
  const guesses = Array.from({ length: 400 }, async (_, index) => {
    const { status } = await login(`flood-${index}@a.example`, 'x', from(elsewhere))
    left -= 1
    return status
  })
  // On a machine that has more to do than this the house says that it is busy: then one asks again.
  let status = 503
  while (status === 503 && left > 0) status = (await visitor.rest('GET', '/assets/stats')).status
  const before = left
  const statuses = await Promise.all(guesses)
  assert.equal(status, 200)
  assert.ok(before > 0, 'the rest of the house waited for all of them')
  const { tried, refused } = tally(statuses)
  const busy = statuses.filter((each) => each === 503).length
  context.diagnostic(`${tried} tried, ${refused} refused, ${busy} busy`)
  assert.equal(tried + refused + busy, 400)
  assert.ok(refused > 0, 'all of them waited')
})
