/** Credentials of connectors: given, never shown, and sealed by a new key while they are read. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Db, inTenant, openDatabase, roleOf, type Trx, urlAs } from '#kit/database.ts'
import { idOfName, newId } from '#kit/id.ts'
import { readSealed, Unsealable } from '#kit/sealing/cipher.ts'
import { localMasterKey } from '#kit/sealing/master.ts'
import { createSealing } from '#kit/sealing/sealing.ts'
import * as connections from '../../subgraphs/identity/model/sso-connection.ts'
import type { Tables as Identity } from '../../subgraphs/identity/tables.ts'
import * as credentials from '../../subgraphs/integrations/model/credentials.ts'
import type { ConnectorRow, Tables } from '../../subgraphs/integrations/tables.ts'
import { type Answer, openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { npmStart, until } from './processes.ts'

const organizationId = idOfName('organization', 'acme')
const canary = 'canary-of-a-connector-7f3a'
let house: TestHouse
let db: Db<Tables>
let admin: Visitor

before(async () => {
  house = await openTestHouse()
  const role = roleOf(house.databaseUrl, 'integrations')
  const url = urlAs(house.databaseUrl, role, house.surroundings.keys.passwordOf(role))
  db = openDatabase<Tables>({ url, schema: 'integrations', log: house.surroundings.log })
  admin = await house.as('admin@acme.example')
})
after(async () => {
  await db?.destroy()
  await house?.close()
})

const tenant = <Result>(work: (trx: Trx<Tables>) => Promise<Result>) => inTenant(db, { organizationId }, work)
const refusal = ({ status, body }: Answer) => [status, body.error?.code]
const rowOf = async (id: string) =>
  (await tenant((trx) => trx.selectFrom('connectors').selectAll().where('id', '=', id).execute()))[0]!

const placeOf = (row: string) => ({
  organizationId,
  table: 'integrations.connectors',
  column: 'credentials_sealed',
  row,
})

/** Connectors without a run, under names of their own. */
async function add(count: number, secretOf?: (id: string) => string): Promise<string[]> {
  const ids = Array.from({ length: count }, newId)
  const never = { lastRunAt: null, lastSuccessAt: null, lastError: null }
  await tenant(async (trx) => {
    const rows = []
    for (const id of ids) {
      const sealed = secretOf && (await house.surroundings.sealing.seal(trx, placeOf(id), secretOf(id)))
      rows.push({
        ...never,
        id,
        organizationId,
        kind: id,
        name: 'A system',
        credentialsSealed: sealed ?? null,
      })
    }
    await trx.insertInto('connectors').values(rows).execute()
  })
  return ids
}

test('credentials are given and taken away, hinted at, and answered to nobody', async () => {
  const [id] = (await add(1)) as [string]
  const path = `/integrations/connectors/${id}/credentials`
  const given = await admin.rest('PUT', path, { credentials: canary })
  assert.equal(given.status, 200)
  assert.deepEqual([given.body.data.has_credentials, given.body.data.credentials_hint], [true, '7f3a'])
  const asked = await admin.rest('GET', `/integrations/${id}/status`)
  assert.equal(asked.body.data.has_credentials, true)
  for (const { text } of [given, asked, await admin.rest('GET', '/integrations/connectors')])
    assert.ok(!text.includes(canary) && !text.includes('nx1.'), text)
  const row = await rowOf(id)
  assert.match(row.credentialsSealed!, /^nx1\.1\./)
  const { sealing } = house.surroundings
  assert.equal(await tenant((trx) => credentials.read(trx, sealing, row)), canary)
  const moved: ConnectorRow = { ...row, id: newId() }
  await assert.rejects(
    tenant((trx) => credentials.read(trx, sealing, moved)),
    { name: 'Unsealable' },
  )
  const short = await admin.rest('PUT', path, { credentials: 'short' })
  assert.deepEqual([short.body.data.has_credentials, short.body.data.credentials_hint], [true, null])
  const taken = await admin.rest('DELETE', path)
  assert.deepEqual([taken.body.data.has_credentials, taken.body.data.credentials_hint], [false, null])
  assert.equal((await rowOf(id)).credentialsSealed, null)
})

test('who may not, or asks for what is not theirs, is refused', async () => {
  const [id] = (await add(1)) as [string]
  const path = `/integrations/connectors/${id}/credentials`
  const put = (visitor: Visitor, body: unknown, at = path) => visitor.rest('PUT', at, body)
  const analyst = await house.as('analyst@acme.example')
  const stranger = await house.as('admin@globex.example')
  assert.deepEqual(refusal(await put(analyst, { credentials: canary })), [403, 'FORBIDDEN'])
  assert.deepEqual(refusal(await put(house.anonymous, { credentials: canary })), [401, 'UNAUTHENTICATED'])
  const foreign = await put(stranger, { credentials: canary })
  const absent = await put(stranger, { credentials: canary }, path.replace(id, newId()))
  assert.deepEqual(refusal(foreign), [404, 'NOT_FOUND'])
  assert.deepEqual(foreign.body.error, absent.body.error)
  for (const wrong of ['', 'x'.repeat(16_385)])
    assert.deepEqual(refusal(await put(admin, { credentials: wrong })), [400, 'VALIDATION_ERROR'])
  assert.equal((await rowOf(id)).credentialsSealed, null)
  for (const visitor of [await house.as('manager@acme.example'), analyst])
    assert.deepEqual(refusal(await visitor.rest('POST', `/organizations/${organizationId}/rekey`)), [
      403,
      'FORBIDDEN',
    ])
  const [theirs, nobodys] = [
    await stranger.rest('POST', `/organizations/${organizationId}/rekey`),
    await stranger.rest('POST', `/organizations/${newId()}/rekey`),
  ]
  assert.deepEqual(refusal(theirs), [404, 'NOT_FOUND'])
  assert.deepEqual(theirs.body.error, nobodys.body.error)
  const peers = await admin.graphql(
    `mutation { resealIntegrations(input: { version: 1, column: 0, after: "${id}" }) { looked } }`,
  )
  assert.equal(peers.body.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED')
})

test('2,000 values are sealed by a new key while all of them are read, and no read fails', async () => {
  const { sealing } = house.surroundings
  const secretOf = (id: string) => `secret of ${id}`
  const ids = await add(2_000, secretOf)
  const broken = ids.pop()!
  const foreign = (await rowOf(ids[0]!)).credentialsSealed
  await tenant((trx) =>
    trx.updateTable('connectors').set({ credentialsSealed: foreign }).where('id', '=', broken).execute(),
  )
  const connection = await admin.rest('PUT', '/sso/connection', {
    ...{ issuer: 'https://provider.example', client_id: 'nexus', client_secret: canary },
  })
  assert.equal(connection.status, 200)
  let ended = false
  const reads = { count: 0, wrong: 0 }
  const readAll = async () => {
    for (let index = 0; index < ids.length; index += 100)
      await tenant(async (trx) => {
        const some = ids.slice(index, index + 100)
        const rows = await trx.selectFrom('connectors').selectAll().where('id', 'in', some).execute()
        for (const row of rows) {
          const text = await credentials.read(trx, sealing, row)
          reads.count += 1
          if (text !== secretOf(row.id)) reads.wrong += 1
        }
      })
  }
  const reading = (async () => {
    do await readAll()
    while (!ended)
  })()
  const { status, body, headers } = await admin.rest('POST', `/organizations/${organizationId}/rekey`)
  assert.equal(status, 202)
  assert.deepEqual([body.data.kind, body.data.status], ['reseal-values', 'queued'])
  assert.equal(headers.get('location'), `/api/v1/operations/${body.data.id}`)
  let operation = body.data
  const over = async () => {
    operation = (await admin.rest('GET', `/operations/${body.data.id}`)).body.data
    return ['complete', 'failed'].includes(operation.status)
  }
  await until('the operation ends', 60_000, over).finally(() => {
    ended = true
  })
  await reading
  assert.equal(operation.status, 'complete')
  assert.equal(operation.done, 2_001)
  assert.ok(reads.count >= ids.length)
  assert.equal(reads.wrong, 0)
  const rows = await tenant((trx) =>
    trx.selectFrom('connectors').selectAll().where('id', 'in', ids).execute(),
  )
  assert.deepEqual(new Set(rows.map((row) => readSealed(row.credentialsSealed!).version)), new Set([2]))
  const asIdentity = roleOf(house.databaseUrl, 'identity')
  const url = urlAs(house.databaseUrl, asIdentity, house.surroundings.keys.passwordOf(asIdentity))
  const identity = openDatabase<Identity>({ url, schema: 'identity', log: house.surroundings.log })
  try {
    const secret = await inTenant(identity, { organizationId }, async (trx) => {
      const { id, clientSecretSealed } = (await connections.find(trx))!
      assert.equal(readSealed(clientSecretSealed!).version, 2)
      return sealing.open(trx, connections.placeOf({ organizationId, id }), clientSecretSealed!)
    })
    assert.equal(secret, canary)
  } finally {
    await identity.destroy()
  }
  // What no longer opened is as it was.
  assert.equal((await rowOf(broken)).credentialsSealed, foreign)
})

test('by `nexus keys rewrap` another master key opens everything, and the one before is needed no more', async () => {
  const place = {
    organizationId,
    table: 'integrations.connectors',
    column: 'credentials_sealed',
    row: newId(),
  }
  const sealed = await tenant((trx) => house.surroundings.sealing.seal(trx, place, canary))
  const key = randomBytes(32)
  const rewrap = async () => {
    const env = { NEXUS_DATA_DIR: house.dataDir, NEXUS_MASTER_KEY: key.toString('base64') }
    const started = npmStart(env, undefined, ['node', 'scripts/nexus.mjs', 'keys', 'rewrap', '--json'])
    const code = await started.ended(30_000)
    assert.equal(code, 0, started.output())
    return JSON.parse(started.output())
  }
  const alone = createSealing(localMasterKey([key]))
  const open = () => tenant((trx) => alone.open(trx, place, sealed))
  await assert.rejects(open(), Unsealable)
  const { total, done, closed } = await rewrap()
  assert.ok(total >= 2)
  assert.equal(done, total)
  assert.deepEqual(closed, [])
  assert.equal(await open(), canary)
  assert.equal((await rewrap()).total, 0)
})
