import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { type Db, inTenant, openDatabase, type Trx } from '#kit/database.ts'
import { type EmbeddedPostgres, startPostgres } from '#kit/embedded.ts'
import { createLog } from '#kit/log.ts'
import { grantKeyring, migrate } from '#kit/migration.ts'
import { readSealed, Unsealable } from '#kit/sealing/cipher.ts'
import { type DataKeyRow, platform } from '#kit/sealing/keyring.ts'
import { localMasterKey } from '#kit/sealing/master.ts'
import { createSealing } from '#kit/sealing/sealing.ts'

const log = createLog('test', 'fatal')
const masterKey = localMasterKey([randomBytes(32)])
const sealing = createSealing(masterKey)
const dataDir = mkdtempSync(join(tmpdir(), 'nexus-test-'))
let postgres: EmbeddedPostgres
let db: Db<never>

before(async () => {
  postgres = await startPostgres({ dataDir, durable: false })
  const migrations = { '0001-sealing': { up: (owner: never) => grantKeyring(owner, 'things') } }
  const passwordOf = () => 'password-of-a-role'
  const { url } = await migrate({ url: postgres.url, schema: 'things', migrations, passwordOf, log })
  db = openDatabase<never>({ url, schema: 'things', log })
})
after(async () => {
  await db?.destroy()
  await postgres?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const of = <Answer>(organizationId: string, work: (trx: Trx<never>) => Promise<Answer>) =>
  inTenant(db, { organizationId }, work)
const placeIn = (organizationId: string) => ({
  organizationId,
  table: 'things.things',
  column: 'secret_sealed',
  row: randomUUID(),
})
const keysOf = (organizationId: string) =>
  of(organizationId, async (trx) => {
    const query = sql<DataKeyRow>`select version, state, wrapped, master, used from keyring.data_keys order by version`
    return (await query.execute(trx)).rows
  })

test('a value opens for its organization, in its place, and in other processes', async () => {
  const place = placeIn(randomUUID())
  const sealed = await of(place.organizationId, (trx) => sealing.seal(trx, place, 'a secret'))
  const elsewhere = createSealing(masterKey)
  for (const each of [sealing, elsewhere])
    assert.equal(await of(place.organizationId, (trx) => each.open(trx, place, sealed)), 'a secret')
  await assert.rejects(
    of(place.organizationId, (trx) => sealing.open(trx, { ...place, row: randomUUID() }, sealed)),
    Unsealable,
  )
  const [key] = await keysOf(place.organizationId)
  assert.ok(!sealed.includes(key!.wrapped))
})

test('a transaction of one organization reaches no key of another, and none that of accounts by chance', async () => {
  const [place, stranger] = [placeIn(randomUUID()), randomUUID()]
  const sealed = await of(place.organizationId, (trx) => sealing.seal(trx, place, 'a secret'))
  await assert.rejects(
    of(stranger, (trx) => sealing.open(trx, place, sealed)),
    Unsealable,
  )
  await assert.rejects(
    of(stranger, (trx) => sealing.seal(trx, place, 'x')),
    /row-level security|does not see/,
  )
  const ofAccount = placeIn(platform)
  const account = await inTenant(db, { accountId: randomUUID() }, (trx) =>
    sealing.seal(trx, ofAccount, 'seed'),
  )
  assert.equal(await of(stranger, (trx) => sealing.open(trx, ofAccount, account)), 'seed')
  assert.equal((await keysOf(stranger)).length, 0)
  assert.equal((await keysOf(place.organizationId)).length, 1)
  const { rows } = await sql`select 1 from keyring.data_keys`.execute(db)
  assert.equal(rows.length, 0)
})

test('many that seal first at once share one key; what is rolled back leaves none behind', async () => {
  const place = placeIn(randomUUID())
  const { organizationId } = place
  const broken = of(organizationId, async (trx) => {
    await sealing.seal(trx, place, 'lost')
    throw new Error('rolled back')
  })
  await assert.rejects(broken, /rolled back/)
  assert.equal((await keysOf(organizationId)).length, 0)
  const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`)
  const sealed = await Promise.all(
    texts.map((text) => of(organizationId, (trx) => sealing.seal(trx, place, text))),
  )
  assert.equal((await keysOf(organizationId)).length, 1)
  const opened = await of(organizationId, (trx) =>
    Promise.all(sealed.map((each) => sealing.open(trx, place, each))),
  )
  assert.deepEqual(opened, texts)
})

test('outside of a transaction nothing is sealed', async () => {
  const place = placeIn(platform)
  await assert.rejects(sealing.seal(db as never, place, 'x'), /in transactions/)
})

test('a new key waits for those who seal by the old one, and both open', async () => {
  const place = placeIn(randomUUID())
  const { organizationId } = place
  const first = await of(organizationId, (trx) => sealing.seal(trx, place, 'first'))
  const order: string[] = []
  let let_go = () => {}
  const held = new Promise<void>((resolve) => {
    let_go = resolve
  })
  let begun = () => {}
  const begins = new Promise<void>((resolve) => {
    begun = resolve
  })
  const slow = of(organizationId, async (trx) => {
    const sealed = await sealing.seal(trx, place, 'slow')
    begun()
    await held
    order.push('sealed')
    return sealed
  })
  await begins
  const renewed = of(organizationId, (trx) => sealing.renew(trx, organizationId)).then((version) => {
    order.push('renewed')
    return version
  })
  await waitsForLock()
  let_go()
  assert.equal(await renewed, 2)
  assert.deepEqual(order, ['sealed', 'renewed'])
  const second = await of(organizationId, (trx) => sealing.seal(trx, place, 'second'))
  assert.deepEqual(
    [first, await slow, second].map((each) => readSealed(each).version),
    [1, 1, 2],
  )
  await of(organizationId, async (trx) => {
    assert.equal(await sealing.open(trx, place, first), 'first')
    assert.equal(await sealing.open(trx, place, second), 'second')
    assert.equal(await sealing.isCurrent(trx, organizationId, first), false)
    assert.equal(await sealing.isCurrent(trx, organizationId, second), true)
  })
  const states = (await keysOf(organizationId)).map(({ version, state }) => [version, state])
  assert.deepEqual(states, [
    [1, 'retired'],
    [2, 'active'],
  ])
})

/** Resolves once somebody waits for a lock of another. */
async function waitsForLock(): Promise<void> {
  const waiting = sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  while ((await waiting.execute(db)).rows[0]!.count === 0) await new Promise(setImmediate)
}

test('a key is replaced before it has sealed too much, also where uses are lost', async () => {
  const place = placeIn(randomUUID())
  const { organizationId } = place
  const small = createSealing(masterKey, 8, 4)
  const sealed: string[] = []
  for (let index = 0; index < 20; index += 1)
    sealed.push(await of(organizationId, (trx) => small.seal(trx, place, `${index}`)))
  const uses = Map.groupBy(sealed, (each) => readSealed(each).version)
  assert.deepEqual(
    [...uses].map(([version, of]) => [version, of.length]),
    [
      [1, 8],
      [2, 8],
      [3, 4],
    ],
  )
  // A block whose transaction was rolled back is not the process's any more.
  const lost = of(organizationId, async (trx) => {
    for (let index = 0; index < 1; index += 1) await small.seal(trx, place, 'lost')
    throw new Error('rolled back')
  })
  await assert.rejects(lost, /rolled back/)
  await of(organizationId, (trx) => small.seal(trx, place, 'kept'))
  assert.deepEqual(
    (await keysOf(organizationId)).map(({ used }) => used),
    [8, 8, 8],
  )
  const opened = await of(organizationId, (trx) =>
    Promise.all(sealed.map((each) => small.open(trx, place, each))),
  )
  assert.deepEqual(
    opened,
    sealed.map((_, index) => `${index}`),
  )
})
