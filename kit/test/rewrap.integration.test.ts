/** Data keys under another master key, in a database whose owner is no superuser, as they are in clouds. */
import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { type Db, inTenant, openDatabase, urlAs } from '#kit/database.ts'
import { type EmbeddedPostgres, startPostgres } from '#kit/embedded.ts'
import { NexusError, unavailable } from '#kit/errors.ts'
import { createLog } from '#kit/log.ts'
import { grantKeyring, migrate } from '#kit/migration.ts'
import { Unsealable } from '#kit/sealing/cipher.ts'
import { platform } from '#kit/sealing/keyring.ts'
import { localMasterKey, type MasterKey } from '#kit/sealing/master.ts'
import { rewrapKeys, toldOf } from '#kit/sealing/rewrap.ts'
import { createSealing } from '#kit/sealing/sealing.ts'

const log = createLog('test', 'fatal')
const [old, now] = [randomBytes(32), randomBytes(32)]
const both = localMasterKey([now, old])
const dataDir = mkdtempSync(join(tmpdir(), 'nexus-test-'))
let postgres: EmbeddedPostgres
let databaseUrl: string
let db: Db<never>

before(async () => {
  postgres = await startPostgres({ dataDir, durable: false })
  const superuser = openDatabase<never>({ url: postgres.url, schema: 'public', log, connections: 1 })
  await sql`create role plain login createrole password 'of-the-owner'`.execute(superuser)
  await sql`create database plain owner plain`.execute(superuser)
  await superuser.destroy()
  databaseUrl = urlAs(postgres.url, 'plain', 'of-the-owner').replace(/\/nexus$/, '/plain')
  const migrations = { '0001-sealing': { up: (owner: never) => grantKeyring(owner, 'things') } }
  const passwordOf = () => 'password-of-a-role'
  const { url } = await migrate({ url: databaseUrl, schema: 'things', migrations, passwordOf, log })
  db = openDatabase<never>({ url, schema: 'things', log })
})
after(async () => {
  await db?.destroy()
  await postgres?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const placeIn = (organizationId: string) => ({
  organizationId,
  table: 'things.things',
  column: 'secret_sealed',
  row: randomUUID(),
})
type Sealed = { place: ReturnType<typeof placeIn>; text: string }
const sealAll = async (master: MasterKey, organizations: readonly string[]): Promise<Sealed[]> => {
  const sealing = createSealing(master)
  const all: Sealed[] = []
  for (const organizationId of organizations) {
    const place = placeIn(organizationId)
    const seal = () => inTenant(db, { organizationId }, (trx) => sealing.seal(trx, place, 'a secret'))
    all.push({ place, text: await seal() })
    await inTenant(db, { organizationId }, (trx) => sealing.renew(trx, organizationId))
    all.push({ place, text: await seal() })
  }
  return all
}
const open = ({ place, text }: Sealed, master: MasterKey) =>
  inTenant(db, place, (trx) => createSealing(master).open(trx, place, text))

test('all data keys come under the present master key while values are read, and the other one may go', async () => {
  const organizations = [platform, ...Array.from({ length: 20 }, () => randomUUID())]
  const sealed = await sealAll(localMasterKey([old]), organizations)
  await assert.rejects(open(sealed[0]!, localMasterKey([now])), Unsealable)
  const heard: number[] = []
  let ended = false
  let reads = 0
  const reading = (async () => {
    while (!ended) {
      assert.equal(await open(sealed[reads % sealed.length]!, both), 'a secret')
      reads += 1
    }
  })()
  const outcome = await rewrapKeys({ databaseUrl, master: both, log, progress: (done) => heard.push(done) })
  ended = true
  await reading
  assert.deepEqual(outcome, { total: 42, done: 42, closed: [] })
  assert.deepEqual(
    heard,
    Array.from({ length: 42 }, (_, index) => index + 1),
  )
  assert.ok(reads > 0)
  for (const each of sealed) assert.equal(await open(each, localMasterKey([now])), 'a secret')
  await assert.rejects(open(sealed[0]!, localMasterKey([old])), Unsealable)
  assert.equal((await rewrapKeys({ databaseUrl, master: both, log })).total, 0)
  assert.equal((await rewrapKeys({ databaseUrl, master: both, log, all: true })).done, 42)
  for (const each of sealed) assert.equal(await open(each, both), 'a secret')
})

test('what no given master key opens is named and left, and who is away ends the run, which goes on later', async () => {
  const stranger = localMasterKey([randomBytes(32)])
  const [lost, ...found] = [randomUUID(), randomUUID(), randomUUID()].toSorted()
  await sealAll(stranger, [lost!])
  await sealAll(localMasterKey([old]), found)
  let calls = 0
  const tired: MasterKey = {
    ...both,
    wrap: (key, name) => (++calls > 2 ? Promise.reject(unavailable()) : both.wrap(key, name)),
  }
  await assert.rejects(
    rewrapKeys({ databaseUrl, master: tired, log }),
    (error) => error instanceof NexusError && error.code === 'SERVICE_UNAVAILABLE',
  )
  const outcome = await rewrapKeys({ databaseUrl, master: both, log })
  assert.deepEqual([outcome.total, outcome.done], [4, 2])
  assert.deepEqual(outcome.closed, [
    { organizationId: lost, version: 1, master: await stranger.id() },
    { organizationId: lost, version: 2, master: await stranger.id() },
  ])
  assert.match(
    toldOf(outcome),
    /^2 of 4 data keys are under the present master key now; no given master key opens\n/,
  )
})
