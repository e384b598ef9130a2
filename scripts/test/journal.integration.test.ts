/** The journal in the database: who may write it, who sees it, and what is found in it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { inTenant, openDatabase, roleOf, urlAs } from '#kit/database.ts'
import { idOfName } from '#kit/id.ts'
import { verifyJournal } from '#kit/journal/audit.ts'
import { openRelay } from '#kit/journal/relay.ts'
import { erase } from '#kit/journal.ts'
import { readRegister } from '#kit/register.ts'
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
  for (let index = 0; index < 8; index += 1) await house.as('viewer@acme.example')
  await house.as('admin@globex.example')
  await admin.graphql(
    'mutation { createUser(input: { email: "eve@acme.example", name: "Eve", role: VIEWER }) { user { id } } }',
  )
  await house.relay.catchUp()
})
after(() => house?.close())

const checkpoints = () => [join(house.dataDir, 'checkpoints')]
const verify = () => {
  const { keys, log } = house.surroundings
  return verifyJournal({ databaseUrl: house.databaseUrl, keys, log, checkpoints: checkpoints() })
}

test('the chains are as they were written', async () => {
  const { rows, organizations, checkpoints: compared, problems } = await verify()
  assert.deepEqual(problems, [])
  const { count } = (await owner.query('select count(*)::int as count from journal.entries')).rows[0]
  assert.equal(rows, count)
  assert.ok(
    rows >= 11 && organizations === 2 && compared >= 2,
    JSON.stringify({ rows, organizations, compared }),
  )
})

test('no service changes or removes what it wrote, and no other tenant’s rows are there for it', async () => {
  const { keys } = house.surroundings
  for (const name of [...readRegister({}).map((each) => each.name), 'journal']) {
    const role = roleOf(house.databaseUrl, name)
    const client = new pg.Client({ connectionString: urlAs(house.databaseUrl, role, keys.passwordOf(role)) })
    await client.connect()
    try {
      for (const table of ['entries', 'personal', 'chain', 'anchors']) {
        for (const statement of [
          `update journal.${table} set organization_id = organization_id`,
          `delete from journal.${table}`,
          `truncate journal.${table}`,
        ])
          await assert.rejects(client.query(statement), { code: '42501' }, `${name}: ${statement}`)
      }
      const forged = `insert into journal.entries (organization_id, id, actor_kind, service, request_id, operation,
        subgraph, outcome, changes, personal) values ('${acme}', gen_random_uuid(), 'user', 'x', 'x', 'x', 'x', 'done',
        '[]', '{}')`
      await assert.rejects(client.query(forged), { code: '42501' }, `${name} writes without a tenant`)
    } finally {
      await client.end()
    }
  }
})

const tamperings: Record<string, string> = {
  edit: `update journal.entries set operation = 'nothing' where id = (select entry_id from journal.chain
    where organization_id = $1 and sequence = $2)`,
  'edit inside': `update journal.entries set changes = changes || '[{}]' where id = (select entry_id
    from journal.chain where organization_id = $1 and sequence = $2)`,
  'edit of a time': `update journal.entries set at = at + interval '1 ms' where id = (select entry_id
    from journal.chain where organization_id = $1 and sequence = $2)`,
  'edit of personal values': `update journal.personal set contents = '["somebody else"]' where (entry_id, person) =
    (select entry_id, person from journal.personal where entry_id = (select entry_id from journal.chain
      where organization_id = $1 and sequence = $2) limit 1)`,
  'deletion of an entry': `with gone as (delete from journal.personal where entry_id = (select entry_id
      from journal.chain where organization_id = $1 and sequence = $2))
    delete from journal.entries where id = (select entry_id from journal.chain
      where organization_id = $1 and sequence = $2)`,
  'deletion of a link': 'delete from journal.chain where organization_id = $1 and sequence = $2',
  truncation: 'delete from journal.chain where organization_id = $1 and sequence >= $2',
  swap: `update journal.chain set entry_id = case sequence when $2 then (select entry_id from journal.chain
      where organization_id = $1 and sequence = 1) else (select entry_id from journal.chain
      where organization_id = $1 and sequence = $2) end where organization_id = $1 and sequence in (1, $2)`,
  rehash: `update journal.chain set hash = encode(sha256(hash::bytea), 'hex') where organization_id = $1
    and sequence >= $2`,
}

test('whatever the owner does to rows is found', async () => {
  await owner.query('alter table journal.chain drop constraint chain_organization_id_entry_id_key')
  await owner.query('alter table journal.personal drop constraint personal_organization_id_entry_id_fkey')
  for (const [what, statement] of Object.entries(tamperings))
    for (const sequence of [2, 5, 8]) {
      for (const table of ['entries', 'personal', 'chain'])
        await owner.query(`create table journal.kept_${table} as table journal.${table}`)
      const text = `${statement} /* $1 $2 */`
      const { rowCount } = await owner.query(
        text.replaceAll('$1', `'${acme}'`).replaceAll('$2', String(sequence)),
      )
      assert.ok(rowCount! > 0, `${what} changed nothing`)
      const { problems } = await verify()
      assert.ok(problems.length > 0, `${what} at ${sequence} was not found`)
      for (const table of ['personal', 'chain', 'entries']) await owner.query(`delete from journal.${table}`)
      for (const table of ['entries', 'personal', 'chain'])
        await owner.query(`insert into journal.${table} table journal.kept_${table};
          drop table journal.kept_${table}`)
    }
  await owner.query('alter table journal.chain add unique (organization_id, entry_id)')
  assert.deepEqual((await verify()).problems, [])
})

test('a person is erased, by identity alone and in one tenant, and the chain stays right', async () => {
  const { keys, log } = house.surroundings
  const { body } = await admin.graphql('{ me { id } }')
  const userId = body.data.me.id
  const eraseAs = async (name: string, organizationId: string) => {
    const role = roleOf(house.databaseUrl, name)
    const url = urlAs(house.databaseUrl, role, keys.passwordOf(role))
    const db = openDatabase<never>({ url, schema: name, log, connections: 1 })
    const tenant = { organizationId }
    return inTenant(db, tenant, (trx) => erase(trx, acme, userId)).finally(() => db.destroy())
  }
  assert.equal(await eraseAs('identity', idOfName('organization', 'globex')), 0)
  await assert.rejects(eraseAs('alerts', acme), { code: '42501' })
  assert.ok((await eraseAs('identity', acme)) > 0)
  const { rows } = await owner.query('select from journal.personal where person = $1', [userId])
  assert.equal(rows.length, 0)
  assert.deepEqual((await verify()).problems, [])
})

test('a relay that ends between two steps is gone on for by another, and misses nothing', async () => {
  const { keys, log } = house.surroundings
  const waiting = await openOwner(house)
  // Its number is given out before those of the rows that follow, and it commits after them.
  await waiting.query(`begin; select pg_current_xact_id();
    insert into journal.entries (organization_id, id, actor_kind, service, request_id, operation, subgraph, outcome,
      changes, personal) values ('${acme}', gen_random_uuid(), 'user', 'x', 'late', 'x', 'x', 'done', '[]', '{}')`)
  await house.as('viewer@acme.example')
  const other = openRelay({ databaseUrl: house.databaseUrl, keys, log, folder: checkpoints()[0]! })
  await other.catchUp()
  await waiting.query('commit')
  await waiting.close()
  await Promise.all([other.catchUp(), house.relay.catchUp()])
  await other.close()
  await house.relay.catchUp()
  const { rows } =
    await owner.query(`select count(*)::int as unchained from journal.entries e where not exists
    (select from journal.chain l where l.organization_id = e.organization_id and l.entry_id = e.id)`)
  assert.equal(rows[0].unchained, 0)
  assert.deepEqual((await verify()).problems, [])
})

test('20,000 rows are chained and verified', async (t) => {
  await owner.query(`insert into journal.entries (organization_id, id, actor_kind, service, request_id, operation,
      subgraph, outcome, changes, personal)
    select '${acme}', gen_random_uuid(), 'user', 'gateway', 'bulk', 'updateUser', 'identity', 'done',
      '[{"type":"User","id":"x","kind":"changed","patch":[{"op":"test","path":"/role","value":"viewer"},{"op":"replace","path":"/role","value":"admin"}]}]',
      '{}' from generate_series(1, 20000)`)
  await owner.query('analyze journal.entries')
  const from = performance.now()
  await house.relay.catchUp()
  const chained = performance.now() - from
  await owner.query('analyze journal.chain')
  const used = process.cpuUsage()
  const { rows, seconds, problems } = await verify()
  const cpu = process.cpuUsage(used)
  assert.deepEqual(problems, [])
  assert.ok(rows > 20_000)
  const busy = (cpu.user + cpu.system) / 1_000_000
  t.diagnostic(
    `chained ${Math.round(20_000_000 / chained)} rows/s; verified ${Math.round(rows / seconds)} rows/s, ` +
      `${Math.round(rows / busy)} per second of the processor`,
  )
})
