/** How long entries of the journal are kept, and that what went by that is told from what was cut off. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { inTenant, openDatabase, roleOf, urlAs } from '#kit/database.ts'
import { idOfName, newId } from '#kit/id.ts'
import { verifyJournal } from '#kit/journal/audit.ts'
import { openRelay } from '#kit/journal/relay.ts'
import { keepFor } from '#kit/journal.ts'
import { createKeys, type Keys } from '#kit/tokens.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'

const acme = idOfName('organization', 'acme')
let house: TestHouse
let owner: Owner
let admin: Visitor

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
})
after(() => house?.close())

const problemsOf = async (organization: string, keys: Keys = house.surroundings.keys) => {
  const { log } = house.surroundings
  const checkpoints = [join(house.dataDir, 'checkpoints')]
  const { problems } = await verifyJournal({ databaseUrl: house.databaseUrl, keys, log, checkpoints })
  return problems.filter((each) => each.organization === organization).map(({ kind }) => kind)
}

/** An organization's journal with entries of so many days ago. */
async function journalOf(...entries: [count: number, daysAgo: number][]): Promise<string> {
  const organization = newId()
  for (const [count, daysAgo] of entries)
    await owner.query(
      `insert into journal.entries (organization_id, id, at, actor_kind, service, request_id, operation, subgraph,
        outcome, changes, personal)
      select $1, gen_random_uuid(), now() - make_interval(days => $3), 'anonymous', 'gateway', 'old', 'signIn',
        'identity', 'done', '[]', '{}' from generate_series(1, $2)`,
      [organization, count, daysAgo],
    )
  await house.relay.catchUp()
  return organization
}

const left = async (organization: string) => {
  const { rows } = await owner.query(
    `select (select count(*)::int from journal.entries where organization_id = $1) as entries,
      (select count(*)::int from journal.chain where organization_id = $1) as links,
      (select min(sequence)::int from journal.chain where organization_id = $1) as first`,
    [organization],
  )
  return rows[0]
}

async function as(name: string, organization: string, statement: string): Promise<void> {
  const { keys } = house.surroundings
  const role = roleOf(house.databaseUrl, name)
  const client = new pg.Client({ connectionString: urlAs(house.databaseUrl, role, keys.passwordOf(role)) })
  await client.connect()
  try {
    await client.query(
      `begin; select set_config('nexus.organization', '${organization}', true); ${statement}`,
    )
  } finally {
    await client.end()
  }
}

test('an admin says how long, between 90 days and ten years', async () => {
  const put = (days: unknown, by = admin) =>
    by.rest('PUT', `/organizations/${acme}`, { settings: { audit_retention_days: days } })
  assert.equal(
    (await admin.rest('GET', `/organizations/${acme}`)).body.data.settings.audit_retention_days,
    365,
  )
  for (const days of [89, 3_651, 90.5, '100', -1]) assert.equal((await put(days)).status, 400, String(days))
  assert.equal((await put(100, await house.as('manager@acme.example'))).status, 403)
  const { status, body } = await put(100)
  assert.deepEqual([status, body.data.settings.audit_retention_days], [200, 100])
  const { rows } = await owner.query('select organization_id, days from journal.retention')
  assert.deepEqual(rows, [{ organization_id: acme, days: 100 }])
  const globex = idOfName('organization', 'globex')
  await as('identity', acme, `select journal.keep_for('${globex}', 90)`)
  assert.equal((await owner.query('select from journal.retention')).rows.length, 1)
})

test('what is older goes behind a signed anchor, and the chain goes on from there', async () => {
  const organization = await journalOf([1_200, 400], [5, 200], [3, 0])
  await house.relay.prune()
  assert.deepEqual(await left(organization), { entries: 8, links: 8, first: 1_201 })
  assert.deepEqual(await problemsOf(organization), [])
  const { keys, log } = house.surroundings
  const role = roleOf(house.databaseUrl, 'identity')
  const url = urlAs(house.databaseUrl, role, keys.passwordOf(role))
  const db = openDatabase<never>({ url, schema: 'identity', log, connections: 1 })
  await inTenant(db, { organizationId: organization }, (trx) => keepFor(trx, organization, 90)).finally(() =>
    db.destroy(),
  )
  await house.relay.prune()
  assert.deepEqual(await left(organization), { entries: 3, links: 3, first: 1_206 })
  assert.deepEqual(await problemsOf(organization), [])
  const lines = readFileSync(join(house.dataDir, 'checkpoints', 'checkpoints.jsonl'), 'utf8').split('\n')
  const anchors = lines.filter((line) => line.includes('"anchor"') && line.includes(organization))
  assert.deepEqual(
    anchors.map((line) => JSON.parse(line).sequence),
    [1_000, 1_200, 1_205],
  )
})

test('a chain of which everything went goes on where it stood', async () => {
  const organization = await journalOf([4, 400])
  await house.relay.prune()
  assert.deepEqual(await left(organization), { entries: 0, links: 0, first: null })
  assert.deepEqual(await problemsOf(organization), [])
  await owner.query(
    `insert into journal.entries (organization_id, id, actor_kind, service, request_id, operation, subgraph, outcome,
      changes, personal) values ($1, gen_random_uuid(), 'user', 'x', 'x', 'x', 'x', 'done', '[]', '{}')`,
    [organization],
  )
  await house.relay.catchUp()
  assert.deepEqual(await left(organization), { entries: 1, links: 1, first: 5 })
  assert.deepEqual(await problemsOf(organization), [])
  await owner.query('delete from journal.chain where organization_id = $1', [organization])
  assert.deepEqual(await problemsOf(organization), ['truncation'])
})

test('entries that somebody changed stay: they are what is left to see', async () => {
  const organization = await journalOf([10, 400])
  await owner.query(
    `update journal.entries set operation = 'nothing' where id = (select entry_id from journal.chain
      where organization_id = $1 and sequence = 4)`,
    [organization],
  )
  await house.relay.prune()
  assert.deepEqual(await left(organization), { entries: 10, links: 10, first: 1 })
  assert.deepEqual(await problemsOf(organization), ['edit'])
})

test('nobody takes away what is young, what no anchor is behind, or another’s', async () => {
  const organization = await journalOf([3, 10])
  const prune = (upto: number) => `select journal.prune('${organization}', ${upto})`
  const anchor = `insert into journal.anchors (organization_id, sequence, hash, at, key, signature)
    select organization_id, sequence, hash, '', 'x', '' from journal.chain
    where organization_id = '${organization}' and sequence = 2`
  const refused = { code: '42501' }
  await assert.rejects(as('journal', organization, prune(2)), refused, 'without an anchor')
  await assert.rejects(as('journal', organization, `${anchor}; ${prune(2)}`), refused, 'young entries')
  for (const name of ['identity', 'alerts'])
    await assert.rejects(as(name, organization, prune(2)), refused, name)
  await assert.rejects(as('alerts', organization, `select journal.keep_for('${organization}', 90)`), refused)
  assert.equal((await left(organization)).entries, 3)
})

test('a prefix that was cut off is told from one that went, whatever anchor is put there', async () => {
  const organization = await journalOf([6, 400], [6, 0])
  await house.relay.prune()
  const of = [organization]
  await owner.query('create table journal.kept as table journal.anchors')
  await owner.query('delete from journal.anchors where organization_id = $1', of)
  assert.deepEqual(await problemsOf(organization), ['deletion'])
  await owner.query('insert into journal.anchors select * from journal.kept where organization_id = $1', of)
  assert.deepEqual(await problemsOf(organization), [])
  await owner.query(
    `update journal.anchors set (sequence, hash) = (select sequence, hash from journal.chain
      where organization_id = $1 and sequence = 9) where organization_id = $1`,
    of,
  )
  await owner.query('delete from journal.chain where organization_id = $1 and sequence <= 9', of)
  assert.deepEqual((await problemsOf(organization)).slice(0, 1), ['signature'])
  await owner.query('delete from journal.anchors where organization_id = $1', of)
  await owner.query('insert into journal.anchors select * from journal.kept where organization_id = $1', of)
  assert.ok((await problemsOf(organization)).includes('deletion'))
  await owner.query('drop table journal.kept')
})

test('an anchor outlives the secret that signed it', async () => {
  const organization = await journalOf([2, 400], [2, 0])
  await house.relay.prune()
  const { keys, log } = house.surroundings
  const old = readFileSync(join(house.dataDir, 'secret'), 'utf8').trim()
  const secret = 'the secret that comes after it, long enough'
  // The roles keep their passwords: they follow the secret at the next start.
  const { passwordOf } = keys
  const between: Keys = { ...createKeys(secret, old), passwordOf }
  const alone: Keys = { ...createKeys(secret), passwordOf }
  assert.deepEqual(await problemsOf(organization, alone), ['signature'])
  const folder = join(house.dataDir, 'checkpoints')
  const relay = openRelay({ databaseUrl: house.databaseUrl, keys: between, folder, log })
  try {
    await relay.prune()
    await relay.prune()
  } finally {
    await relay.close()
  }
  assert.deepEqual(await problemsOf(organization, alone), [])
  const { rows } = await owner.query('select key from journal.anchors where organization_id = $1', [
    organization,
  ])
  assert.equal(rows.length, 2)
})
