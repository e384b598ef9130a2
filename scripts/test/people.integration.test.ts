/** What is kept of people: all of it is told to them, and none of it is left when they are forgotten. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openDatabase, roleOf, urlAs } from '#kit/database.ts'
import { idOfName, newId } from '#kit/id.ts'
import { peopleElsewhere } from '../../subgraphs/identity/people.ts'
import { loadSubgraphs } from '../../subgraphs/load.ts'
import { type Answer, openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'

let house: TestHouse
let owner: Owner
let admin: Visitor

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
})
after(() => house?.close())

const refusal = ({ status, body }: Answer) => [status, body.error?.code]
const word = 'a word of nobody else 91'

// What names or describes people, wherever it stands.
const personal =
  /_by$|user_id$|^assignee_id$|^e?mail$|^ip$|^user_agent$|^account_id$|^actor_id$|^person$|^allowed_ips$|^user_?name$|^external_id$|^attributes$|^subject$/
// Columns that are covered otherwise, and how.
const otherwise: Record<string, string> = {
  'assets.assets.external_id': 'of an asset, not of a person',
  'identity.accounts.email': 'erase_account; the user has the same one',
  'identity.challenges.account_id': 'erase_account removes them; they last minutes',
  'identity.passkeys.account_id': 'erase_account removes them; their owner lists them',
  'identity.recovery_codes.account_id': 'erase_account removes them; hashes, and nothing to show',
  'identity.totp_secrets.account_id': 'erase_account removes them; a secret, and nothing to show',
  'identity.known_places.account_id': 'erase_account removes them; places_of shows them',
  'identity.password_tokens.account_id': 'erase_account removes them; hashes, and nothing to show',
  'identity.scim_groups.external_id': 'of a group, not of a person',
  'identity.users.account_id': 'of an account that stays, a new one without a name takes the place',
}

test('every column that names or describes people is in the inventory, or listed with a reason', async () => {
  const { rows } = await owner.query(`
    select n.nspname || '.' || c.relname as table, a.attname::text as column from pg_attribute a
    join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      and n.nspname not in ('pg_catalog', 'information_schema', 'jobs')`)
  const subgraphs = await loadSubgraphs()
  const covered = new Set(
    subgraphs.flatMap(({ people = [] }) =>
      people.flatMap(({ table, shows }) => shows.map((column) => `${table}.${column}`)),
    ),
  )
  const found = rows.filter(({ column }) => personal.test(String(column)))
  assert.ok(found.length >= 15, `only ${found.length}`)
  const forgotten = found
    .map(({ table, column }) => `${table}.${column}`)
    .filter((name) => !covered.has(name))
  assert.deepEqual(forgotten.sort(), Object.keys(otherwise).sort())
  const elsewhere = subgraphs.filter(({ name, people }) => name !== 'identity' && people?.length)
  assert.deepEqual(elsewhere.map(({ name }) => name).sort(), [...peopleElsewhere].sort())
  // Identity erases its own tables; for others there is no way yet, so they may hold ids only.
  for (const { name, people = [] } of elsewhere)
    assert.ok(
      people.every(({ erased }) => !erased),
      `${name} has values to erase, and nobody asks it to`,
    )
})

/** Somebody with a canary in every value of theirs. */
async function somebody(canary: string, role = 'analyst') {
  const email = `${canary}@acme.example`
  const body = { email, name: `Name ${canary}`, role, password: word }
  const { status, body: created } = await admin.rest('POST', '/users', body)
  assert.equal(status, 201)
  const signedIn = await house.anonymous.rest(
    'POST',
    '/auth/login',
    { email, password: word },
    {
      'user-agent': `Agent ${canary}`,
    },
  )
  return { id: created.data.id as string, email, visitor: house.visitor(signedIn.body.data.accessToken) }
}

/** What single sign-on and provisioning keep of somebody, as the database's owner. */
async function provided(id: string, canary: string): Promise<void> {
  const [of, group] = [idOfName('organization', 'acme'), newId()]
  await owner.query(
    `insert into identity.scim_users (organization_id, user_id, user_name, external_id, attributes)
      values ($1, $2, $3, $3, $4)`,
    [of, id, canary, { displayName: canary }],
  )
  await owner.query(
    'insert into identity.scim_groups (organization_id, id, display_name) values ($1, $2, $3)',
    [of, group, group],
  )
  await owner.query(
    'insert into identity.scim_group_members (organization_id, group_id, user_id) values ($1, $2, $3)',
    [of, group, id],
  )
  await owner.query(
    `insert into identity.sso_identities (organization_id, issuer, subject, user_id)
      values ($1, 'https://provider.example', $2, $3)`,
    [of, canary, id],
  )
}

/** The tables where some text stands in a row. */
async function holding(text: string): Promise<string[]> {
  const { rows } = await owner.query(`select n.nspname as schema, c.relname as name from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')`)
  const found: string[] = []
  for (const { schema, name } of rows) {
    const asked = `select count(*)::int as count from "${schema}"."${name}" t where t::text ilike '%${text}%'`
    const { rows: counted } = await owner.query(asked)
    if (Number(counted[0]!.count) > 0) found.push(`${schema}.${name}`)
  }
  return found.sort()
}

test('an export holds what there is of somebody, for them and for who manages them', async () => {
  const { id, email, visitor } = await somebody('exported-person')
  await visitor.rest('POST', '/reports/generate', { list: 'assets', format: 'csv' })
  const own = await visitor.rest('GET', `/users/${id}/export`)
  assert.equal(own.status, 200)
  const tables = Object.fromEntries(
    own.body.data.records.map(({ table, rows }: { table: string; rows: unknown[] }) => [table, rows]),
  )
  assert.equal(tables['identity.users'][0].email, email)
  assert.match(tables['identity.sessions'][0].user_agent, /exported-person/)
  assert.equal(tables['compliance.reports'].length, 1)
  assert.equal(tables['operations.operations'].length, 1)
  assert.ok(tables['identity.known_places'].length > 0)
  assert.ok(tables['journal.entries'].length > 0)
  assert.ok(!/passwordHash|password_hash|\$argon2|"hash"/.test(own.text))
  const managed = await admin.rest('GET', `/users/${id}/export`)
  assert.equal(managed.status, 200)
  assert.ok(!managed.text.includes('known_places'))
  const analyst = await house.as('analyst@acme.example')
  assert.deepEqual(refusal(await analyst.rest('GET', `/users/${id}/export`)), [403, 'FORBIDDEN'])
  const manager = await house.as('manager@acme.example')
  const adminId = (await admin.rest('GET', '/auth/me')).body.data.id
  assert.deepEqual(refusal(await manager.rest('GET', `/users/${adminId}/export`)), [403, 'FORBIDDEN'])
  const stranger = await house.as('admin@globex.example')
  const [foreign, absent] = [
    await stranger.rest('GET', `/users/${id}/export`),
    await stranger.rest('GET', `/users/${newId()}/export`),
  ]
  assert.deepEqual(refusal(foreign), [404, 'NOT_FOUND'])
  assert.deepEqual(foreign.body.error, absent.body.error)
})

test('whoever is erased leaves no byte, and cannot come in', async () => {
  const canary = 'canary-7c1d-person'
  const invited = { email: `${canary}@acme.example`, role: 'viewer' }
  assert.equal((await admin.rest('POST', '/invitations', invited)).status, 201)
  const { id, email, visitor } = await somebody(canary)
  await provided(id, canary)
  assert.ok((await holding(canary)).includes('identity.users'))
  const manager = await house.as('manager@acme.example')
  const analyst = await house.as('analyst@acme.example')
  const erase = (by: Visitor, of = id) => by.rest('POST', `/users/${of}/erase`)
  assert.deepEqual(refusal(await erase(analyst)), [403, 'FORBIDDEN'])
  const adminId = (await admin.rest('GET', '/auth/me')).body.data.id
  assert.deepEqual(refusal(await erase(manager, adminId)), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await erase(admin, adminId)), [403, 'FORBIDDEN'])
  const stranger = await house.as('admin@globex.example')
  assert.deepEqual(refusal(await erase(stranger)), [404, 'NOT_FOUND'])

  const { status, body } = await erase(manager)
  assert.equal(status, 200)
  assert.equal(body.data.email, `erased-${id}@erased.invalid`)
  assert.deepEqual(await holding(canary), [])
  const list = readFileSync(join(house.dataDir, 'erasures'), 'utf8')
  assert.ok(!list.includes(id) && !list.includes(canary))
  assert.equal((await house.anonymous.rest('POST', '/auth/login', { email, password: word })).status, 401)
  assert.deepEqual(refusal(await erase(manager)), [404, 'NOT_FOUND'])
  const key = await admin.rest('POST', '/api-keys', { name: 'provisioning', scopes: ['users:write'] })
  const asProvider = { headers: { authorization: `Bearer ${key.body.data.key}` } }
  assert.equal((await fetch(`${house.url}/scim/v2/Users/${id}`, asProvider)).status, 404)
  assert.deepEqual(refusal(await admin.rest('POST', `/users/${id}/enable`)), [404, 'NOT_FOUND'])
  const { rows } = await owner.query(`select ended_at from identity.sessions where user_id = '${id}'`)
  assert.ok(rows.length > 0 && rows.every(({ ended_at }) => ended_at !== null))
  assert.ok(visitor.token)
  // The e-mail is free: whoever has it may be asked to join anew.
  assert.equal((await somebody(canary)).email, email)
})

test('an account that is a member elsewhere loses one membership, and keeps the other', async () => {
  const { id, email } = await somebody('two-places-person')
  const globex = await house.as('admin@globex.example')
  const body = { email, name: 'Elsewhere', role: 'viewer' }
  const other = await globex.rest('POST', '/users', body)
  assert.equal(other.status, 201)
  assert.equal((await admin.rest('POST', `/users/${id}/erase`)).status, 200)
  const signedIn = await house.anonymous.rest('POST', '/auth/login', { email, password: word })
  assert.equal(signedIn.status, 200)
  const me = await house.visitor(signedIn.body.data.accessToken).rest('GET', '/auth/me')
  assert.equal(me.body.data.id, other.body.data.id)
  const { rows } = await owner.query(`select a.email from identity.users u
    join identity.accounts a on a.id = u.account_id where u.id = '${id}'`)
  assert.match(String(rows[0]!.email), /^erased-.*@erased\.invalid$/)
})

test('whom a restored backup brings back is forgotten again', async () => {
  const { id, email } = await somebody('restored-person')
  const backup =
    await owner.query(`select u.email, u.name, u.account_id, a.password_hash from identity.users u
    join identity.accounts a on a.id = u.account_id where u.id = '${id}'`)
  assert.equal((await admin.rest('POST', `/users/${id}/erase`)).status, 200)
  const { name, password_hash } = backup.rows[0] as Record<string, string>
  await owner.query(`update identity.users set email = '${email}', name = '${name}', erased_at = null,
    disabled_at = null where id = '${id}'`)
  await owner.query(`update identity.accounts set email = '${email}', password_hash = '${password_hash}'
    where id = '${backup.rows[0]!.account_id}'`)
  assert.equal((await house.anonymous.rest('POST', '/auth/login', { email, password: word })).status, 200)
  const { keys, log, erasures } = house.surroundings
  const role = roleOf(house.databaseUrl, 'identity')
  const url = urlAs(house.databaseUrl, role, keys.passwordOf(role))
  const db = openDatabase<never>({ url, schema: 'identity', log, connections: 1 })
  const [identity] = (await loadSubgraphs()).filter((each) => each.forgetAgain)
  try {
    assert.equal(await identity!.forgetAgain!(db, erasures), 1)
    assert.equal(await identity!.forgetAgain!(db, erasures), 0)
  } finally {
    await db.destroy()
  }
  assert.equal((await house.anonymous.rest('POST', '/auth/login', { email, password: word })).status, 401)
  assert.equal(
    (await house.anonymous.rest('POST', '/auth/login', { email: 'viewer@acme.example', password })).status,
    200,
  )
})

test('who is named to come in without the provider is not erased', async () => {
  const { id } = await somebody('break-glass-person', 'admin')
  const organization = idOfName('organization', 'acme')
  await owner.query(
    `insert into identity.sso_connections (organization_id, id, issuer, client_id, scopes, is_required,
      break_glass_user_id) values ($1, $2, 'https://provider.example', 'nexus', '{openid}', true, $3)`,
    [organization, newId(), id],
  )
  assert.deepEqual(refusal(await admin.rest('POST', `/users/${id}/erase`)), [403, 'FORBIDDEN'])
  await owner.query('delete from identity.sso_connections where organization_id = $1', [organization])
  assert.equal((await admin.rest('POST', `/users/${id}/erase`)).status, 200)
})
