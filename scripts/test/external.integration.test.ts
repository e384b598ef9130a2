/** A database of one's own, entered as a role that is no superuser: what DATABASE_URL promises. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { urlAs } from '#kit/database.ts'
import { type EmbeddedPostgres, startPostgres } from '#kit/embedded.ts'
import { openTestHouse } from '../test-house.ts'
import { tempDir } from './processes.ts'

const dir = tempDir()
let postgres: EmbeddedPostgres
let url: string

before(async () => {
  postgres = await startPostgres({ dataDir: dir.path, durable: false })
  const superuser = new pg.Client({ connectionString: postgres.url })
  await superuser.connect()
  await superuser.query(`create role soc_owner login createrole password 'secret'`)
  await superuser.query('create database soc owner soc_owner')
  await superuser.end()
  const own = new URL(urlAs(postgres.url, 'soc_owner', 'secret'))
  own.pathname = '/soc'
  url = own.href
})
after(async () => {
  await postgres?.stop()
  rmSync(dir.path, { recursive: true, force: true })
})

const accounts = async (): Promise<number> => {
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  const { rows } = await owner.query('select count(*)::int as count from identity.accounts')
  await owner.end()
  return rows[0].count
}

test('it is brought up to date and left empty, unless the demo is asked for', async () => {
  const empty = await openTestHouse({ DATABASE_URL: url })
  assert.equal(empty.database, 'external')
  assert.equal(empty.demoPassword, null)
  assert.equal((await fetch(`${empty.url}/health/ready`)).status, 200)
  await empty.close()
  assert.equal(await accounts(), 0)

  const seeded = await openTestHouse({ DATABASE_URL: url, NEXUS_SEED: 'demo' })
  const admin = await seeded.as('admin@acme.example')
  assert.equal((await admin.rest('GET', '/assets/stats')).body.data.total, 5)
  await seeded.close()
  assert.equal(await accounts(), 8)
})

test('a start over what is there changes nothing', async () => {
  const house = await openTestHouse({ DATABASE_URL: url, NEXUS_SEED: 'demo' })
  const admin = await house.as('admin@globex.example')
  assert.equal((await admin.rest('GET', '/vulnerabilities/stats')).body.data.total, 3)
  await house.close()
  assert.equal(await accounts(), 8)
})

test('a database that is not there is said to be so, without its password', async () => {
  const nowhere = url.replace(/:\d+\//, ':1/')
  await assert.rejects(openTestHouse({ DATABASE_URL: nowhere }), (error: Error) => {
    assert.doesNotMatch(`${error.message}`, /secret/)
    return /ECONNREFUSED|does not answer/.test(`${error.message} ${(error as { code?: string }).code}`)
  })
})
