/** Teams: who makes, names, fills and takes them away, and what they never tell another organization. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'

let house: TestHouse
let owner: Owner
let admin: Visitor
let manager: Visitor
let viewer: Visitor
let stranger: Visitor

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  manager = await house.as('manager@acme.example')
  viewer = await house.as('viewer@acme.example')
  stranger = await house.as('admin@globex.example')
})
after(() => house?.close())

const refusal = ({ status, body }: Answer) => [status, body.error?.code]
const idOf = async (visitor: Visitor) => (await visitor.rest('GET', '/auth/me')).body.data.id as string
const make = (visitor: Visitor, name: string) => visitor.rest('POST', '/teams', { name })
const made = async (name: string) => {
  const { status, body, text } = await make(manager, name)
  assert.equal(status, 201, text)
  return body.data
}
const emails = async (id: string, visitor = viewer): Promise<string[]> =>
  (await visitor.rest('GET', `/teams/${id}/members`)).body.data.items.map(
    ({ email }: { email: string }) => email,
  )

test('a team is made, named, filled, emptied and taken away', async () => {
  const team = await made(' Blue  team ')
  assert.deepEqual([team.name, team.version, team.disabled_at], ['Blue  team', 1, null])
  const path = `/teams/${team.id}`
  const renamed = await manager.rest('PUT', path, { name: 'Blue', version: 1 })
  assert.deepEqual([renamed.body.data.name, renamed.body.data.version], ['Blue', 2])
  assert.deepEqual(refusal(await manager.rest('PUT', path, { name: 'x', version: 1 })), [409, 'CONFLICT'])
  const [one, other] = [await idOf(viewer), await idOf(admin)]
  for (const user_id of [one, other, one])
    assert.equal((await manager.rest('POST', `${path}/members`, { user_id })).status, 200)
  assert.deepEqual(await emails(team.id), ['admin@acme.example', 'viewer@acme.example'])
  assert.equal((await manager.rest('DELETE', `${path}/members/${one}`)).status, 200)
  assert.deepEqual(refusal(await manager.rest('DELETE', `${path}/members/${one}`)), [404, 'NOT_FOUND'])
  assert.deepEqual(await emails(team.id), ['admin@acme.example'])
  assert.equal((await manager.rest('POST', `${path}/members`, { user_id: one })).status, 200, 'and back')
  assert.deepEqual(await emails(team.id), ['admin@acme.example', 'viewer@acme.example'])
  assert.ok((await manager.rest('DELETE', path)).body.data.disabled_at)
  for (const [method, at, body] of [
    ['DELETE', path],
    ['PUT', path, { name: 'x' }],
    ['POST', `${path}/members`, { user_id: one }],
    ['POST', '/grants', { team_id: team.id, role: 'viewer', tag: 'a:b' }],
  ] as const)
    assert.deepEqual(refusal(await manager.rest(method, at, body)), [404, 'NOT_FOUND'], `${method} ${at}`)
  assert.ok((await viewer.rest('GET', path)).body.data.disabled_at, 'what it did keeps its name')
  assert.equal((await make(manager, 'blue')).status, 201, 'and its name is free')
})

test('teams are listed and found in the graph', async () => {
  await made('Red one')
  await made('Red two')
  const { body } = await viewer.graphql(
    '{ teams(filter: { search: "red" }) { totalCount { count } edges { node { name members { email } } } } }',
  )
  assert.deepEqual(body.data.teams, {
    totalCount: { count: 2 },
    edges: [{ node: { name: 'Red one', members: [] } }, { node: { name: 'Red two', members: [] } }],
  })
})

test('what is wrong with a team is said, and two of one name at once are one', async () => {
  for (const body of [
    {},
    { name: ' ' },
    { name: 'x'.repeat(256) },
    { name: 'a\u0000b' },
    { name: 'x', id: 'y' },
  ])
    assert.deepEqual(refusal(await manager.rest('POST', '/teams', body)), [400, 'VALIDATION_ERROR'])
  const answers = await Promise.all(['Race', 'race', 'RACE'].map((name) => make(manager, name)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409])
  const other = await made('Not yet')
  assert.deepEqual(refusal(await manager.rest('PUT', `/teams/${other.id}`, { name: 'Race' })), [
    409,
    'CONFLICT',
  ])
})

test('only who manages users changes teams, and everybody sees them', async () => {
  const { id } = await made('Seen')
  const user_id = await idOf(viewer)
  for (const email of ['analyst@acme.example', 'viewer@acme.example']) {
    const visitor = await house.as(email)
    for (const [method, path, body] of [
      ['POST', '/teams', { name: 'Mine' }],
      ['PUT', `/teams/${id}`, { name: 'Mine' }],
      ['DELETE', `/teams/${id}`],
      ['POST', `/teams/${id}/members`, { user_id }],
      ['DELETE', `/teams/${id}/members/${user_id}`],
    ] as const)
      assert.deepEqual(refusal(await visitor.rest(method, path, body)), [403, 'FORBIDDEN'])
    assert.equal((await visitor.rest('GET', `/teams/${id}`)).status, 200)
    assert.deepEqual(await emails(id, visitor), [])
  }
  assert.deepEqual(refusal(await make(house.anonymous, 'x')), [401, 'UNAUTHENTICATED'])
  assert.deepEqual(refusal(await house.anonymous.rest('GET', '/teams')), [401, 'UNAUTHENTICATED'])
})

test('another organization’s team is none, and nobody of another is put into one', async () => {
  const theirs = (await make(stranger, 'canary team')).body.data.id
  const user_id = await idOf(viewer)
  const asks: ((id: string) => Promise<Answer>)[] = [
    (id) => admin.rest('GET', `/teams/${id}`),
    (id) => admin.rest('PUT', `/teams/${id}`, { name: 'x' }),
    (id) => admin.rest('DELETE', `/teams/${id}`),
    (id) => admin.rest('GET', `/teams/${id}/members`),
    (id) => admin.rest('POST', `/teams/${id}/members`, { user_id }),
    (id) => admin.rest('DELETE', `/teams/${id}/members/${user_id}`),
    (id) => admin.rest('POST', '/grants', { team_id: id, role: 'viewer', tag: 'a:b' }),
  ]
  for (const ask of asks) {
    const [one, other, strange] = await Promise.all([ask(theirs), ask(crypto.randomUUID()), ask('x')])
    assert.deepEqual(refusal(one!), [404, 'NOT_FOUND'])
    assert.deepEqual(one!.body.error, other!.body.error)
    assert.deepEqual(one!.body.error, strange!.body.error)
  }
  const { id } = await made('Ours')
  const put = (user: string) => admin.rest('POST', `/teams/${id}/members`, { user_id: user })
  const [foreign, none] = [await put(await idOf(stranger)), await put(crypto.randomUUID())]
  assert.deepEqual([refusal(foreign), foreign.body.error], [[404, 'NOT_FOUND'], none.body.error])
  assert.doesNotMatch((await admin.rest('GET', '/teams?limit=100')).text, /canary/)
  assert.equal((await make(admin, 'canary team')).status, 201, 'a name is nobody’s but one organization’s')
})

test('a manager who loses that role at the same time grants nothing that lasts', async () => {
  const user_id = await idOf(viewer)
  for (let round = 0; round < 5; round++) {
    const email = `racer-${round}@acme.example`
    const { id } = (await admin.rest('POST', '/users', { email, name: 'R', role: 'manager', password })).body
      .data
    const racer = await house.as(email)
    await Promise.all([
      racer.rest('POST', '/grants', { user_id, tag: `race:${round}`, role: 'manager' }),
      admin.rest('PUT', `/users/${id}`, { role: 'viewer' }),
    ])
    const { items } = (await admin.rest('GET', `/grants?tag=race:${round}`)).body.data
    for (const { permissions } of items) assert.ok(!permissions.some((each: string) => /write$/.test(each)))
  }
})

test('each change of a team, a grant and an invitation leaves one row that says what it was', async () => {
  const user_id = await idOf(viewer)
  const ask = async (method: string, path: string, body?: object) => {
    const { status, body: answer, text } = await manager.rest(method, path, body)
    assert.ok(status < 300, text)
    return answer.data.id as string
  }
  const email = 'noted@acme.example'
  const { rows: before } = await owner.query('select id from journal.entries')
  const known = new Set(before.map(({ id }) => id))
  const team = await ask('POST', '/teams', { name: 'Noted' })
  await ask('PUT', `/teams/${team}`, { name: 'Noted too' })
  await ask('POST', `/teams/${team}/members`, { user_id })
  await ask('DELETE', `/teams/${team}/members/${user_id}`)
  const grant = await ask('POST', '/grants', { team_id: team, role: 'analyst', tag: 'noted:yes' })
  await ask('DELETE', `/grants/${grant}`)
  const { token, id } = (await manager.rest('POST', '/invitations', { email, role: 'viewer' })).body.data
  const joining = { token, name: 'Noted', password: 'a word of their own' }
  assert.equal((await house.anonymous.rest('POST', '/invitations/accept', joining)).status, 200)
  const group = await ask('POST', '/asset-groups', { name: 'Noted' })
  const { rows } = await owner.query(
    'select id, operation, outcome, subject_type, subject_id, changes::text from journal.entries order by at, id',
  )
  const added = rows.filter((row) => !known.has(row.id))
  const user = added.find(({ operation }) => operation === 'acceptInvitation')?.subject_id
  assert.deepEqual(
    added.map(({ operation, outcome, subject_type, subject_id }) => [
      operation,
      outcome,
      subject_type,
      subject_id,
    ]),
    [
      ['createTeam', 'done', 'Team', team],
      ['updateTeam', 'done', 'Team', team],
      ['addTeamMember', 'done', 'TeamMember', team],
      ['removeTeamMember', 'done', 'TeamMember', team],
      ['createGrant', 'done', 'Grant', grant],
      ['revokeGrant', 'done', 'Grant', grant],
      ['createInvitation', 'done', 'Invitation', id],
      ['acceptInvitation', 'done', 'User', user],
      ['createAssetGroup', 'done', 'AssetGroup', group],
    ],
  )
  const text = JSON.stringify(added)
  assert.ok(text.includes('Noted too') && text.includes('noted:yes'))
  assert.ok(!text.includes(token) && !text.includes(email))
})
