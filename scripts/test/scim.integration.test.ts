/** Provisioning by SCIM 2.0: what identity providers send, and what they get back. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'
import { openOwner } from './owner.ts'
import { enterprise, entra, group, okta, patch, user } from './scim-bodies.ts'

type Body = ReturnType<typeof JSON.parse>
type Answer = { status: number; headers: Headers; body: Body; text: string }

let house: TestHouse
let admin: Visitor
let key: string

const keyOf = async (of: Visitor, scopes = ['users:write']): Promise<string> => {
  const { body, text } = await of.rest('POST', '/api-keys', { name: 'provisioning', scopes })
  assert.ok(body.data?.key, text)
  return body.data.key
}

before(async () => {
  house = await openTestHouse()
  const owner = await openOwner(house)
  // More is asked here at once than a key of another tier may ask.
  await owner.query("alter table identity.api_keys alter column tier set default 'internal'")
  await owner.close()
  admin = await house.as('admin@acme.example')
  key = await keyOf(admin)
})
after(() => house?.close())

async function scim(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = { authorization: `Bearer ${key}` },
): Promise<Answer> {
  const answer = await fetch(`${house.url}/scim/v2${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/scim+json' }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (text) assert.match(answer.headers.get('content-type') ?? '', /^application\/scim\+json/)
  return { status: answer.status, headers: answer.headers, text, body: text ? JSON.parse(text) : null }
}
const asked = async (status: number, ...question: Parameters<typeof scim>): Promise<Body> => {
  const answer = await scim(...question)
  assert.equal(answer.status, status, `${question[0]} ${question[1]}: ${answer.text}`)
  return answer.body
}
const refused = async (
  status: number,
  scimType: string | undefined,
  ...question: Parameters<typeof scim>
) => {
  const body = await asked(status, ...question)
  assert.deepEqual(
    [body.schemas, body.status, body.scimType],
    [['urn:ietf:params:scim:api:messages:2.0:Error'], String(status), scimType],
    JSON.stringify([question, body]),
  )
}
const filtered = (filter: string, path = '/Users') =>
  asked(200, 'GET', `${path}?filter=${encodeURIComponent(filter)}`)

test('a provider reads what there is to know', async () => {
  const config = await asked(200, 'GET', '/ServiceProviderConfig')
  assert.deepEqual(
    [config.patch, config.filter.supported, config.etag, config.bulk.supported, config.sort],
    [{ supported: true }, true, { supported: true }, false, { supported: false }],
  )
  const types = await asked(200, 'GET', '/ResourceTypes')
  assert.deepEqual(
    types.Resources.map(({ endpoint }: Body) => endpoint),
    ['/Users', '/Groups'],
  )
  const schemas = await asked(200, 'GET', '/Schemas')
  assert.deepEqual(
    schemas.Resources.map(({ id }: Body) => id),
    [user, group, enterprise],
  )
  assert.equal((await asked(200, 'GET', `/Schemas/${user}`)).name, 'User')
  assert.equal((await asked(200, 'GET', '/ResourceTypes/Group')).schema, group)
  await refused(404, undefined, 'GET', '/Schemas/nothing')
  await refused(403, undefined, 'GET', '/Schemas?filter=x')
  await refused(404, undefined, 'GET', '/Nothing')
})

test('only a key that may write users comes in', async () => {
  const viewer = await house.as('viewer@acme.example')
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  await refused(401, undefined, 'GET', '/Users', undefined, {})
  await refused(401, undefined, 'GET', '/Users', undefined, bearer('nxs_nonsense'))
  await refused(401, undefined, 'GET', '/ServiceProviderConfig', undefined, {})
  await refused(403, undefined, 'GET', '/Users', undefined, bearer(admin.token!))
  await refused(403, undefined, 'GET', '/Users', undefined, bearer(viewer.token!))
  const weak = await keyOf(admin, ['users:read'])
  await refused(403, undefined, 'GET', '/Users', undefined, bearer(weak))
  await refused(403, undefined, 'POST', '/Users', okta.user('nobody'), bearer(weak))
})

test('Okta: finds, adds, changes, deactivates and activates', async () => {
  const before = await filtered('userName eq "okta1@acme.example"')
  assert.deepEqual([before.totalResults, before.Resources, before.startIndex], [0, [], 1])
  const created = await scim('POST', '/Users', okta.user('okta1'))
  assert.equal(created.status, 201, created.text)
  const { id, meta } = created.body
  assert.equal(created.headers.get('etag'), meta.version)
  assert.equal(created.headers.get('location'), meta.location)
  assert.match(meta.location, new RegExp(`/scim/v2/Users/${id}$`))
  assert.deepEqual(
    [created.body.userName, created.body.externalId, created.body.active, created.body.password],
    ['okta1@acme.example', '00u-okta1', true, undefined],
  )
  await refused(409, 'uniqueness', 'POST', '/Users', {
    ...okta.user('okta1'),
    userName: 'OKTA1@acme.example',
  })
  const found = await filtered('userName eq "Okta1@Acme.example"')
  assert.deepEqual([found.totalResults, found.Resources[0].id], [1, id])
  const put = await asked(200, 'PUT', `/Users/${id}`, {
    ...okta.user('okta1'),
    name: { givenName: 'New', familyName: 'Name' },
    displayName: 'New Name',
    title: 'Analyst',
  })
  assert.deepEqual([put.displayName, put.name.givenName, put.title], ['New Name', 'New', 'Analyst'])
  assert.equal((await asked(200, 'PATCH', `/Users/${id}`, okta.deactivate)).active, false)
  assert.equal((await asked(200, 'GET', `/Users/${id}`)).active, false)
  assert.equal((await asked(200, 'PATCH', `/Users/${id}`, okta.activate)).active, true)
  const off = await asked(200, 'PUT', `/Users/${id}`, { ...okta.user('okta1'), active: false })
  assert.deepEqual([off.active, off.externalId, off.title], [false, '00u-okta1', undefined])
  const { body } = await admin.rest('GET', `/users/${id}`)
  assert.deepEqual([body.data.role, body.data.disabled_at !== null], ['viewer', true])
})

test('Okta: groups', async () => {
  const one = (await asked(201, 'POST', '/Users', okta.user('okta2'))).id
  const two = (await asked(201, 'POST', '/Users', okta.user('okta3'))).id
  const made = await asked(201, 'POST', '/Groups', okta.group('Okta group', [one]))
  const at = `/Groups/${made.id}`
  const members = async () => (await asked(200, 'GET', at)).members.map(({ value }: Body) => value)
  assert.deepEqual(await members(), [one])
  await refused(409, 'uniqueness', 'POST', '/Groups', okta.group('okta GROUP'))
  await asked(200, 'PATCH', at, okta.addMember(two))
  assert.deepEqual(await members(), [one, two])
  await asked(200, 'PATCH', at, okta.addMember(two))
  assert.deepEqual(await members(), [one, two])
  assert.deepEqual(
    (await asked(200, 'GET', `/Users/${two}`)).groups.map(({ display }: Body) => display),
    ['Okta group'],
  )
  await asked(200, 'PATCH', at, okta.removeMember(one))
  assert.deepEqual(await members(), [two])
  await asked(200, 'PATCH', at, okta.replaceMembers([one]))
  assert.deepEqual(await members(), [one])
  assert.equal((await asked(200, 'PATCH', at, okta.rename(made.id, 'Renamed'))).displayName, 'Renamed')
  const put = await asked(200, 'PUT', at, okta.group('Okta group', [two, one]))
  assert.deepEqual(put.members.map(({ value }: Body) => value).sort(), [one, two].sort())
  assert.equal((await filtered('displayName eq "okta group"', '/Groups')).totalResults, 1)
  await asked(204, 'DELETE', at)
  await refused(404, undefined, 'GET', at)
  assert.deepEqual((await asked(200, 'GET', `/Users/${two}`)).groups, [])
})

test('Entra: finds, adds, changes, deactivates and activates', async () => {
  assert.equal((await filtered('externalId eq "0a21f0f2-entra1"')).totalResults, 0)
  const { id, active } = await asked(201, 'POST', '/Users', entra.user('entra1'))
  assert.equal(active, true)
  assert.equal((await filtered('externalId eq "0a21f0f2-entra1"')).Resources[0].id, id)
  assert.equal((await asked(200, 'PATCH', `/Users/${id}`, entra.deactivate)).active, false)
  assert.equal((await asked(200, 'PATCH', `/Users/${id}`, entra.activate)).active, true)
  assert.equal(
    (await asked(200, 'PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'Active', value: 'false' })))
      .active,
    false,
  )
  await asked(200, 'PATCH', `/Users/${id}`, entra.activate)
  const changed = await asked(200, 'PATCH', `/Users/${id}`, entra.attributes)
  assert.equal(changed.displayName, 'Renamed')
  assert.deepEqual(changed.emails, [{ primary: true, type: 'work', value: 'renamed@acme.example' }])
  assert.deepEqual(changed.phoneNumbers, [{ type: 'mobile', value: '+1 555 0100' }])
  assert.deepEqual([changed.name.familyName, changed.name.givenName], ['Changed', 'entra1'])
  assert.deepEqual(changed[enterprise], {
    department: 'Incident response',
    employeeNumber: '701984',
    manager: '9a3f',
  })
  const dotted = await asked(200, 'PATCH', `/Users/${id}`, entra.dotted)
  assert.deepEqual(
    [dotted.name.givenName, dotted.emails[0].value, dotted[enterprise].costCenter, dotted.active],
    ['Dotted', 'dotted@acme.example', '42', true],
  )
  const { body } = await admin.rest('GET', `/users/${id}`)
  assert.deepEqual([body.data.email, body.data.name], ['dotted@acme.example', 'Renamed'])
  await asked(204, 'DELETE', `/Users/${id}`)
  await refused(404, undefined, 'GET', `/Users/${id}`)
  await refused(404, undefined, 'PATCH', `/Users/${id}`, entra.activate)
  assert.equal((await filtered('userName eq "entra1@acme.example"')).totalResults, 0)
  const again = await asked(201, 'POST', '/Users', entra.user('entra1'))
  assert.deepEqual([again.id, again.active, again.externalId], [id, true, '0a21f0f2-entra1'])
})

test('Entra: groups', async () => {
  const ids: string[] = []
  for (const name of ['entra2', 'entra3', 'entra4'])
    ids.push((await asked(201, 'POST', '/Users', entra.user(name))).id)
  const [one, two, three] = ids as [string, string, string]
  const made = await asked(201, 'POST', '/Groups', entra.group('Entra group'))
  const at = `/Groups/${made.id}`
  const members = async () => (await asked(200, 'GET', at)).members.map(({ value }: Body) => value)
  assert.deepEqual(await members(), [])
  await asked(200, 'PATCH', at, entra.addMembers(one, two, three))
  assert.deepEqual(await members(), ids)
  await asked(200, 'PATCH', at, entra.removeMembers(one))
  assert.deepEqual(await members(), [two, three])
  await asked(200, 'PATCH', at, entra.removeMember(two))
  assert.deepEqual(await members(), [three])
  assert.equal((await asked(200, 'PATCH', at, entra.rename('Entra renamed'))).displayName, 'Entra renamed')
  const light = await asked(
    200,
    'GET',
    `/Groups?excludedAttributes=members&filter=${encodeURIComponent('externalId eq "8aa1a0c0-Entra group"')}`,
  )
  assert.deepEqual([light.totalResults, light.Resources[0].members], [1, undefined])
  assert.deepEqual(Object.keys(await asked(200, 'GET', `${at}?attributes=displayName`)).sort(), [
    'displayName',
    'id',
    'schemas',
  ])
})

test('filters, pages and selections follow the RFC', async () => {
  const all = await asked(200, 'GET', '/Users?count=200')
  assert.equal(all.totalResults, all.Resources.length)
  assert.ok(all.totalResults >= 8)
  const pages: string[] = []
  for (let startIndex = 1; startIndex <= all.totalResults; startIndex += 3) {
    const page = await asked(200, 'GET', `/Users?startIndex=${startIndex}&count=3`)
    assert.deepEqual([page.startIndex, page.totalResults], [startIndex, all.totalResults])
    assert.equal(page.itemsPerPage, page.Resources.length)
    pages.push(...page.Resources.map(({ id }: Body) => id))
  }
  assert.deepEqual(
    pages,
    all.Resources.map(({ id }: Body) => id),
  )
  for (const [query, count] of [
    ['count=0', 0],
    ['startIndex=0&count=1', 1],
    ['startIndex=-5&count=1', 1],
    ['startIndex=1000', 0],
    ['count=-1', 0],
  ])
    assert.equal((await asked(200, 'GET', `/Users?${query}`)).Resources.length, count, String(query))
  const names = all.Resources.map(({ userName }: Body) => userName as string)
  const fit = (test: (resource: Body) => boolean) => all.Resources.filter(test).length
  for (const [filter, expected] of [
    ['userName sw "entra"', names.filter((name: string) => name.startsWith('entra')).length],
    ['userName EW "@ACME.example"', names.length],
    ['userName co "kta" and active eq true', fit((each) => each.userName.includes('kta') && each.active)],
    ['active eq "False"', fit((each) => !each.active)],
    ['not (active eq true)', fit((each) => !each.active)],
    ['emails[type eq "work" and value co "OKTA"]', fit((each) => each.emails[0].value.includes('okta'))],
    ['emails.value eq "okta2@acme.example"', 1],
    ['emails eq "okta2@acme.example"', 1],
    ['title pr', fit((each) => each.title)],
    ['externalId pr', fit((each) => each.externalId)],
    [
      'name.familyName eq "okta" or name.familyName eq "ENTRA"',
      fit((each) => /Okta|Entra/.test(each.name?.familyName)),
    ],
    [`${enterprise}:department eq "soc"`, fit((each) => each[enterprise]?.department === 'SOC')],
    [`${user}:userName eq "okta2@acme.example"`, 1],
    ['externalId eq "00U-OKTA2"', 0],
    ['externalId eq "00u-okta2"', 1],
    ['id eq "nothing"', 0],
    ['meta.created gt "2020-01-01T00:00:00Z"', names.length],
    ['meta.created lt "2020-01-01T00:00:00Z"', 0],
    ['userName eq "a\\"b"', 0],
    ['groups.display pr', fit((each) => each.groups.length > 0)],
  ] as const)
    assert.equal((await filtered(filter)).totalResults, expected, filter)
  for (const filter of [
    '',
    'userName',
    'userName eq',
    'userName xx "a"',
    '(((',
    'userName eq "a" and',
    '"a" eq userName',
    `userName eq "${'x'.repeat(2_001)}"`,
  ])
    if (filter)
      await refused(
        400,
        filter.length > 2_000 ? 'invalidValue' : 'invalidFilter',
        'GET',
        `/Users?filter=${encodeURIComponent(filter)}`,
      )
  const { id } = all.Resources[0]
  const some = await asked(200, 'GET', `/Users/${id}?attributes=userName,emails.value`)
  assert.deepEqual(Object.keys(some).sort(), ['emails', 'id', 'schemas', 'userName'])
  assert.deepEqual(Object.keys(some.emails[0]), ['value'])
  const rest = await asked(200, 'GET', `/Users/${id}?excludedAttributes=emails,id,meta.version`)
  assert.deepEqual([rest.emails, rest.id, rest.meta.version], [undefined, id, undefined])
})

test('versions keep changes from being lost', async () => {
  const { id, meta } = await asked(201, 'POST', '/Users', okta.user('versions'))
  const bearer = { authorization: `Bearer ${key}` }
  const same = await scim('GET', `/Users/${id}`, undefined, { ...bearer, 'if-none-match': meta.version })
  assert.deepEqual([same.status, same.text], [304, ''])
  const withVersion = (version: string) => ({ ...bearer, 'if-match': version })
  const next = await asked(200, 'PATCH', `/Users/${id}`, okta.deactivate, withVersion(meta.version))
  assert.notEqual(next.meta.version, meta.version)
  await refused(412, undefined, 'PATCH', `/Users/${id}`, okta.activate, withVersion(meta.version))
  await refused(412, undefined, 'PUT', `/Users/${id}`, okta.user('versions'), withVersion(meta.version))
  await refused(400, 'invalidValue', 'PUT', `/Users/${id}`, okta.user('versions'), withVersion('x'))
  await asked(200, 'PUT', `/Users/${id}`, okta.user('versions'), withVersion('*'))
  const adding = Array.from({ length: 10 }, (_, at) =>
    scim('PATCH', `/Users/${id}`, patch({ op: 'add', path: `${enterprise}:field${at}`, value: String(at) })),
  )
  for (const { status, text } of await Promise.all(adding)) assert.equal(status, 200, text)
  assert.equal(Object.keys((await asked(200, 'GET', `/Users/${id}`))[enterprise]).length, 10)
})

test('what cannot be is refused as the RFC says', async () => {
  const { id } = await asked(201, 'POST', '/Users', okta.user('refusals'))
  const at = `/Users/${id}`
  await refused(400, 'invalidValue', 'POST', '/Users', { ...okta.user('x'), userName: undefined })
  await refused(400, 'invalidValue', 'POST', '/Users', { ...okta.user('x'), userName: ' ' })
  await refused(400, 'invalidValue', 'POST', '/Users', { ...okta.user('x'), active: 'maybe' })
  await refused(400, 'invalidValue', 'POST', '/Users', { ...okta.user('x'), emails: [{ value: 'none' }] })
  await refused(400, 'invalidValue', 'POST', '/Users', { ...okta.user('x'), userName: 'x'.repeat(300) })
  await refused(400, 'invalidValue', 'POST', '/Users', { ...okta.user('x'), title: 'x'.repeat(20_000) })
  await refused(400, 'invalidSyntax', 'POST', '/Users', '[]')
  await refused(400, 'invalidSyntax', 'POST', '/Users', '{')
  await refused(
    400,
    'invalidSyntax',
    'POST',
    '/Users',
    '{"__proto__":{"active":false},"userName":"a@b.example"}',
  )
  await refused(400, 'invalidSyntax', 'PATCH', at, { Operations: [] })
  await refused(400, 'invalidSyntax', 'PATCH', at, patch())
  await refused(400, 'invalidSyntax', 'PATCH', at, patch({ op: 'destroy', path: 'active' }))
  await refused(400, 'noTarget', 'PATCH', at, patch({ op: 'remove' }))
  await refused(400, 'invalidValue', 'PATCH', at, patch({ op: 'replace', value: 'x' }))
  for (const path of [
    '__proto__.polluted',
    'constructor.prototype.polluted',
    'name.__proto__.polluted',
    'emails[type eq "work"].__proto__',
  ])
    await refused(400, 'invalidPath', 'PATCH', at, patch({ op: 'add', path, value: 'yes' }))
  await refused(400, 'invalidPath', 'PATCH', at, patch({ op: 'add', value: { '__proto__.x': 1 } }))
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
  await refused(400, 'invalidSyntax', 'PATCH', at, patch({ op: 'replace', path: 'emails[', value: 'x' }))
  await refused(404, undefined, 'GET', '/Users/nothing')
  await refused(404, undefined, 'PUT', '/Users/01a1fc87-6e56-7175-bb20-000000000000', okta.user('none'))
  await refused(409, 'uniqueness', 'PUT', at, { ...okta.user('refusals'), userName: 'admin@acme.example' })
  await refused(409, 'uniqueness', 'POST', '/Users', okta.user('manager'))
  await refused(400, 'invalidValue', 'POST', '/Groups', { displayName: 'x', members: [{ value: 'x' }] })
  await refused(
    400,
    'invalidValue',
    'POST',
    '/Groups',
    okta.group('x', ['01a1fc87-6e56-7175-bb20-000000000000']),
  )
  await refused(400, 'invalidValue', 'POST', '/Groups', { displayName: '' })
})

test('who is deactivated is out at once, by every way', async () => {
  const login = () => house.anonymous.rest('POST', '/auth/login', { email: 'analyst@acme.example', password })
  const { body } = await login()
  const analyst = house.visitor(body.data.accessToken)
  const { id } = (await filtered('userName eq "analyst@acme.example"')).Resources[0]
  assert.equal((await analyst.rest('GET', '/auth/me')).status, 200)
  const from = Date.now()
  assert.equal((await asked(200, 'PATCH', `/Users/${id}`, entra.deactivateOlder)).active, false)
  while ((await analyst.rest('GET', '/auth/me')).status !== 401)
    assert.ok(Date.now() - from < 5_000, 'the session goes on')
  const { refreshToken } = body.data
  assert.equal((await house.anonymous.rest('POST', '/auth/refresh', { refreshToken })).status, 401)
  assert.equal((await login()).status, 401)
  await asked(200, 'PATCH', `/Users/${id}`, okta.activate)
  assert.equal((await login()).status, 200)
  assert.equal((await house.anonymous.rest('POST', '/auth/refresh', { refreshToken })).status, 401)
  await asked(204, 'DELETE', `/Users/${id}`)
  assert.equal((await login()).status, 401)
  const back = await asked(201, 'POST', '/Users', okta.user('analyst'))
  assert.equal(back.id, id)
  assert.equal((await login()).status, 200)
})

test('a mapped group gives its role, and takes it again', async () => {
  const set = await admin.rest('PUT', '/sso/connection', {
    ...{ issuer: 'https://idp.example', client_id: 'x', default_role: 'viewer' },
    role_map: [
      { group: 'SOC', role: 'analyst' },
      { group: 'Leads', role: 'manager' },
      { group: 'Owners', role: 'admin' },
    ],
  })
  assert.equal(set.status, 200, set.text)
  const { id } = await asked(201, 'POST', '/Users', okta.user('roles'))
  const role = async () => (await admin.rest('GET', `/users/${id}`)).body.data.role
  assert.equal(await role(), 'viewer')
  const soc = await asked(201, 'POST', '/Groups', okta.group('SOC', [id]))
  assert.equal(await role(), 'analyst')
  const leads = await asked(201, 'POST', '/Groups', okta.group('Leads'))
  await asked(200, 'PATCH', `/Groups/${leads.id}`, entra.addMembers(id))
  assert.equal(await role(), 'manager')
  await asked(200, 'PATCH', `/Groups/${leads.id}`, entra.rename('Owners'))
  assert.equal(await role(), 'admin')
  await asked(204, 'DELETE', `/Groups/${leads.id}`)
  assert.equal(await role(), 'analyst')
  await asked(200, 'PUT', `/Groups/${soc.id}`, okta.group('SOC', []))
  assert.equal(await role(), 'viewer')
})

test('a key gives and takes no more than its maker could, and the last admin stays', async () => {
  const own = (await filtered('userName eq "admin@acme.example"')).Resources[0].id
  await refused(403, undefined, 'PATCH', `/Users/${own}`, okta.deactivate)
  await refused(403, undefined, 'DELETE', `/Users/${own}`)
  // As if a manager had made it: what the maker may do counts when it is used.
  const { body } = await admin.rest('POST', '/users', {
    ...{ email: 'second@acme.example', name: 'Second', role: 'admin', password: 'a password of some length' },
  })
  const second = await house.anonymous.rest('POST', '/auth/login', {
    email: 'second@acme.example',
    password: 'a password of some length',
  })
  const theirs = { authorization: `Bearer ${await keyOf(house.visitor(second.body.data.accessToken))}` }
  assert.equal((await admin.rest('PUT', `/users/${body.data.id}`, { role: 'manager' })).status, 200)
  await refused(403, undefined, 'PATCH', `/Users/${own}`, okta.deactivate, theirs)
  await refused(403, undefined, 'PUT', `/Users/${own}`, okta.user('admin'), theirs)
  const { id } = await asked(201, 'POST', '/Users', okta.user('climber'), theirs)
  await refused(403, undefined, 'POST', '/Groups', okta.group('Owners', [id]), theirs)
  await refused(403, undefined, 'POST', '/Groups', okta.group('Owners', [body.data.id]), theirs)
  assert.equal((await admin.rest('GET', `/users/${id}`)).body.data.role, 'viewer')
  assert.equal((await filtered('displayName eq "Owners"', '/Groups')).totalResults, 0)
})

test('another organization’s provider sees and reaches nothing of this one', async () => {
  const stranger = { authorization: `Bearer ${await keyOf(await house.as('admin@globex.example'))}` }
  const { id } = await asked(201, 'POST', '/Users', okta.user('apart'))
  const made = await asked(201, 'POST', '/Groups', okta.group('Apart', [id]))
  const list = await asked(200, 'GET', '/Users?count=200', undefined, stranger)
  assert.ok(!JSON.stringify(list).includes('acme'))
  const nowhere = '01a1fc87-6e56-7175-bb20-000000000000'
  const alike = async (method: string, path: (id: string) => string, body?: unknown) => {
    const [theirs, none] = [id, nowhere].map((each) => scim(method, path(each), body, stranger))
    const [one, other] = [await theirs!, await none!]
    assert.deepEqual([one.status, one.body], [other.status, other.body])
    assert.notEqual(one.status, 200)
  }
  await alike('GET', (of) => `/Users/${of}`)
  await alike('PUT', (of) => `/Users/${of}`, okta.user('other'))
  await alike('PATCH', (of) => `/Users/${of}`, okta.deactivate)
  await alike('DELETE', (of) => `/Users/${of}`)
  for (const [method, body] of [
    ['GET', undefined],
    ['PUT', okta.group('x')],
    ['PATCH', okta.addMember(id)],
    ['DELETE', undefined],
  ] as const)
    await refused(404, undefined, method, `/Groups/${made.id}`, body, stranger)
  await refused(400, 'invalidValue', 'POST', '/Groups', okta.group('Mine', [id]), stranger)
  // The same names are free there.
  await asked(201, 'POST', '/Users', okta.user('apart'), stranger)
  await asked(201, 'POST', '/Groups', okta.group('Apart'), stranger)
  assert.equal((await asked(200, 'GET', `/Users/${id}`)).active, true)
})
