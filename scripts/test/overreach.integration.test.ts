/** Asking for more than is given: columns that no input has, and people who may do more than who asks. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { readRegister } from '#kit/register.ts'
import { permissionsOf } from '#kit/viewer.ts'
import { allRoutes } from '../rules.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { columnsOf, inputsOf, takenBy, takenByRow } from './matrix/columns.ts'
import { digestOf, tablesOf } from './matrix/digest.ts'
import { bodies, inputs, provided } from './matrix/expected/inputs.ts'
import { schema } from './matrix/table.ts'
import { givesViewer } from './matrix/words.ts'
import { type Owner, openOwner } from './owner.ts'
import { group, patch, user } from './scim-bodies.ts'

const schemas = readRegister({}).map(({ name }) => name)
const nowhere = '01a1fc87-6e56-7175-bb20-000000000000'
/** What every question leaves: when a session or a key was last used. */
const used = ['identity.sessions', 'identity.api_keys']

let house: TestHouse
let owner: Owner
let admin: Visitor
let columns: string[]

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  columns = await columnsOf(owner, [...schemas, 'journal'])
})
after(() => house?.close())

const keyOf = async (maker: Visitor, scopes: readonly string[]): Promise<Visitor> => {
  const { body } = await maker.rest('POST', '/api-keys', { name: 'Overreach', scopes })
  assert.ok(body.data, JSON.stringify(body))
  return house.visitor(body.data.key)
}

test('every column in every input and body: taken are those that stand in the list', (context) => {
  const all = inputsOf(schema)
  const rows = allRoutes(schema).filter(({ method, path }) => method !== 'GET' && !path.endsWith('/imports'))
  const taken = Object.fromEntries(all.map((input) => [input.name, takenBy(input, columns).toSorted()]))
  const takenByRows = Object.fromEntries(
    rows.flatMap((row) => {
      const names = takenByRow(row, columns)
      return names ? [[`${row.method} ${row.path}`, names.toSorted()]] : []
    }),
  )
  const lists = (texts: Record<string, string>) =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.split(' ').filter(Boolean)]))
  assert.deepEqual(taken, lists(inputs))
  assert.deepEqual(takenByRows, lists(bodies))
  const asked = (all.length + Object.keys(takenByRows).length) * columns.length
  assert.ok(asked > 20_000)
  context.diagnostic(`${asked} columns in inputs and bodies, 0 taken but those of the list`)
})

test('all columns at once, by every mutation and every route that reads a body, change nothing', async () => {
  const before = await digestOf(owner, schemas, used)
  const forged = Object.fromEntries(columns.map((name) => [name, 'forged']))
  const literal = `{ ${columns.map((name) => `${name}: "forged"`).join(' ')} }`
  for (const { name, args } of Object.values(schema.getMutationType()!.getFields()))
    for (const { name: arg, type } of args) {
      const ways = [
        admin.graphql(`mutation ($input: ${type}) { ${name}(${arg}: $input) { __typename } }`, {
          input: forged,
        }),
        admin.graphql(`mutation { ${name}(${arg}: ${literal}) { __typename } }`),
      ]
      for (const { status, body } of await Promise.all(ways)) {
        assert.equal(status, 400, `${name}: ${body.errors[0].extensions.code}`)
        assert.equal(body.data, undefined)
      }
    }
  for (const row of Object.keys(bodies)) {
    const [method, path] = row.split(' ') as [string, string]
    const { status, body } = await admin.rest(method, path.replace(/:\w+/g, nowhere), forged)
    assert.deepEqual([status, body.error?.code], [400, 'VALIDATION_ERROR'], row)
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const own = `{ "${key}": { "role": "admin", "organizationId": "${nowhere}" } }`
      const json = { 'content-type': 'application/json' }
      const { status } = await admin.rest(method, path.replace(/:\w+/g, nowhere), own, json)
      assert.equal(status, 400, `${row} with ${key}`)
    }
  }
  assert.deepEqual(await digestOf(owner, schemas, used), before)
})

test('a provider’s attributes that are no attributes reach no column', async () => {
  const provider = await keyOf(admin, givesViewer)
  const mark = 'forged-5b2e'
  const globex = await owner.query("select id from identity.organizations where slug = 'globex'")
  const typed: Record<string, unknown> = {
    ...{ organizationId: globex.rows[0].id, organization_id: globex.rows[0].id, role: 'admin' },
    ...{ isLocked: true, version: 999, disabledAt: null, id: nowhere, accountId: nowhere },
  }
  const forged = Object.fromEntries(
    columns.filter((name) => !provided.includes(name)).map((name) => [name, typed[name] ?? mark]),
  )
  const scim = (method: string, path: string, body: object) =>
    provider.rest(method, `/../../scim/v2${path}`, body)
  const userName = `${randomUUID()}@acme.example`
  const bodyOf = { Users: { schemas: [user], userName }, Groups: { schemas: [group], displayName: userName } }
  const ids: string[] = []
  for (const [noun, body] of Object.entries(bodyOf)) {
    const made = await scim('POST', `/${noun}`, { ...forged, ...body })
    assert.equal(made.status, 201, made.text)
    const to = `/${noun}/${made.body.id}`
    assert.notEqual(made.body.id, nowhere)
    assert.equal((await scim('PUT', to, { ...forged, ...body })).status, 200)
    await scim('PATCH', to, patch({ op: 'replace', value: forged }))
    for (const [name, value] of Object.entries(typed))
      await scim('PATCH', to, patch({ op: 'replace', path: name, value }))
    ids.push(made.body.id)
  }
  const { rows } = await owner.query(
    `select role, organization_id <> $2 as ours, version < 900 as counted from identity.users u
     where id = $1`,
    [ids[0], globex.rows[0].id],
  )
  assert.deepEqual(rows, [{ role: 'viewer', ours: true, counted: true }])
  for (const name of await tablesOf(owner, schemas)) {
    const { rows } = await owner.query(`select t::text from ${name} t where t::text like $1`, [`%${mark}%`])
    const kept = rows.map(({ t }) => t as string)
    assert.deepEqual(kept, [], name)
  }
})

const member = async (role: string): Promise<string> => {
  const { body } = await admin.rest('POST', '/users', {
    email: `${randomUUID()}@example.com`,
    ...{ name: role, role },
  })
  return body.data.id
}
const everyRole = ['admin', 'manager', 'analyst', 'viewer']

// Who governs whom, by hand: nobody gives, takes or learns what they do not hold.
const governing: [who: string, enter: () => Promise<Visitor>, roles: readonly string[]][] = [
  ['an admin', () => house.as('admin@acme.example'), everyRole],
  ['a manager', () => house.as('manager@acme.example'), ['manager', 'analyst', 'viewer']],
  ['an analyst', () => house.as('analyst@acme.example'), []],
  ['a viewer', () => house.as('viewer@acme.example'), []],
  ['a key for everything', () => keyOf(admin, permissionsOf.admin), everyRole],
  [
    'a manager’s key',
    async () => keyOf(await house.as('manager@acme.example'), permissionsOf.manager),
    ['manager', 'analyst', 'viewer'],
  ],
  ['a key that writes users and reads', () => keyOf(admin, givesViewer), ['viewer']],
  ['a key that writes users', () => keyOf(admin, ['users:write', 'users:read']), []],
]

const changes: [what: string, method: string, path: (id: string) => string, body?: object][] = [
  ['names', 'PUT', (id) => `/users/${id}`, { name: 'Renamed' }],
  ['disables', 'DELETE', (id) => `/users/${id}`],
  ['enables', 'POST', (id) => `/users/${id}/enable`],
  ['takes the factors of', 'POST', (id) => `/users/${id}/reset-second-factors`],
  ['resets the password of', 'POST', (id) => `/users/${id}/reset-password`],
  ['exports', 'GET', (id) => `/users/${id}/export`],
  ['erases', 'POST', (id) => `/users/${id}/erase`],
]
const ends = (id: string) => `mutation { revokeUserSessions(input: { userId: "${id}" }) { sessions { id } } }`

test('who governs whom: the rest is refused, and nothing has happened', async (context) => {
  const targets = new Map<string, string>()
  for (const role of everyRole) targets.set(role, await member(role))
  const visitors = await Promise.all(governing.map(([, enter]) => enter()))
  const before = await digestOf(owner, schemas, used)
  let refused = 0
  for (const [index, [who, , roles]] of governing.entries())
    for (const [role, id] of targets) {
      if (roles.includes(role)) continue
      const visitor = visitors[index]!
      for (const [what, method, path, body] of changes) {
        const answer = await visitor.rest(method, path(id), body)
        assert.deepEqual(
          [answer.status, answer.body.error?.code],
          [403, 'FORBIDDEN'],
          `${who} ${what} ${role}`,
        )
        refused++
      }
      const { body } = await visitor.graphql(ends(id))
      assert.equal(body.errors?.[0].extensions.code, 'FORBIDDEN', `${who} ends the sessions of ${role}`)
      const gives: [string, object][] = [
        ['/users', { email: `${randomUUID()}@example.com`, name: 'x', role }],
        ['/invitations', { email: `${randomUUID()}@example.com`, role }],
        ...(role === 'admin'
          ? []
          : [['/grants', { user_id: targets.get('viewer'), role, tag: 'a:b' }] as const]),
      ].map(([path, given]) => [path as string, given as object])
      for (const [path, given] of gives) {
        const answer = await visitor.rest('POST', path, given)
        assert.deepEqual(
          [answer.status, answer.body.error?.code],
          [403, 'FORBIDDEN'],
          `${who} ${path} ${role}`,
        )
        refused++
      }
      const viewer = targets.get('viewer')
      if (viewer === id) continue
      const raised = await visitor.rest('PUT', `/users/${viewer}`, { role })
      assert.deepEqual(
        [raised.status, raised.body.error?.code],
        [403, 'FORBIDDEN'],
        `${who} raises to ${role}`,
      )
      refused += 2
    }
  assert.deepEqual(await digestOf(owner, schemas, used), before)
  for (const [index, [who, , roles]] of governing.entries())
    for (const role of roles) {
      const id = targets.get(role)!
      const answers = [
        await visitors[index]!.rest('PUT', `/users/${id}`, { name: 'Renamed' }),
        await visitors[index]!.rest('GET', `/users/${id}/export`),
      ]
      for (const { status, text } of answers) assert.equal(status, 200, `${who} ${role}: ${text}`)
    }
  context.diagnostic(`${refused} refused`)
})

test('nobody raises, frees or ends themselves, and a key is not who made it', async () => {
  for (const [who, enter] of governing) {
    const visitor = await enter()
    const { body } = await visitor.rest('GET', '/auth/me')
    const id = body.data.user?.id ?? body.data.id
    assert.ok(id, JSON.stringify(body))
    const before = await digestOf(owner, schemas, used)
    const attempts = [
      await visitor.rest('PUT', `/users/${id}`, { role: body.data.role === 'admin' ? 'manager' : 'admin' }),
      await visitor.rest('DELETE', `/users/${id}`),
      await visitor.rest('POST', `/users/${id}/erase`),
      await visitor.rest('POST', `/users/${id}/reset-second-factors`),
      await visitor.rest('POST', `/users/${id}/reset-password`),
    ]
    for (const { status, body } of attempts)
      assert.deepEqual([status, body.error?.code], [403, 'FORBIDDEN'], who)
    assert.deepEqual(await digestOf(owner, schemas, used), before, who)
  }
  const key = await keyOf(admin, ['assets:read'])
  const { body } = await admin.rest('GET', '/auth/me')
  const exported = await key.rest('GET', `/users/${body.data.user?.id ?? body.data.id}/export`)
  assert.deepEqual([exported.status, exported.body.error?.code], [403, 'FORBIDDEN'])
})
