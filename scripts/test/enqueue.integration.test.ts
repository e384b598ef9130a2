/** A job and its cause are one transaction. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { inTenant, openDatabase, roleOf, type Trx, urlAs } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import { openQueue } from '#kit/queue.ts'
import { verifyAccessToken } from '#kit/tokens.ts'
import { jobs } from '../../subgraphs/compliance/jobs.ts'
import { openTestHouse, type TestHouse } from '../test-house.ts'

let house: TestHouse
let owner: pg.Client
let token: string | null

before(async () => {
  house = await openTestHouse()
  owner = new pg.Client({ connectionString: house.databaseUrl })
  await owner.connect()
  token = (await house.as('analyst@acme.example')).token
})
after(async () => {
  await owner?.end()
  await house?.close()
})

test('a job is asked for in the transaction of its cause, or not at all', async () => {
  const { keys, log } = house.surroundings
  const role = roleOf(house.databaseUrl, 'compliance')
  const url = urlAs(house.databaseUrl, role, keys.passwordOf(role))
  const db = openDatabase<never>({ url, schema: 'compliance', log, connections: 2 })
  const queue = openQueue('compliance', Object.keys(jobs), db, log)
  const member = await verifyAccessToken(keys, token!)
  const counting = `select (select count(*) from operations.operations where organization_id =
    '${member.organizationId}')::int as operations, (select count(*) from jobs.job)::int as jobs`
  const counts = async () => (await owner.query(counting)).rows[0]
  const countsOf = async (trx: Trx<never>) => (await sql.raw(counting).execute(trx)).rows[0]
  try {
    const before = await counts()
    let written: unknown
    await assert.rejects(
      inTenant(db, { organizationId: member.organizationId }, async (trx) => {
        await queue.enqueue(trx, 'generate-report', newId(), { member, requestId: 'rolled-back' })
        written = await countsOf(trx)
        throw new Error('the cause fails')
      }),
      /the cause fails/,
    )
    assert.deepEqual(written, { operations: before.operations + 1, jobs: before.jobs + 1 })
    assert.deepEqual(await counts(), before)
    const strange = (trx: never) => queue.enqueue(trx, 'no-such-job', newId(), { member, requestId: 'x' })
    await assert.rejects(
      inTenant(db, { organizationId: member.organizationId }, (trx) => strange(trx as never)),
      /no job no-such-job/,
    )
  } finally {
    await queue.close()
    await db.destroy()
  }
})
