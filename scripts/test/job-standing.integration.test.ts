/** A job works for who asked, as they are when it begins: not as they were when they asked. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { attempt, type Taken } from '#kit/attempt.ts'
import { type Db, inTenant, openDatabase, urlAs } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import type { Job } from '#kit/job.ts'
import * as operations from '#kit/operation.ts'
import { type Member, type Permission, permissionsOf, type Role } from '#kit/viewer.ts'
import { openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'

let house: TestHouse
let admin: Visitor
let db: Db<never>

before(async () => {
  house = await openTestHouse()
  admin = await house.as('admin@acme.example')
  const role = 'nexus_compliance'
  const { keys, log } = house.surroundings
  const url = urlAs(house.databaseUrl, role, keys.passwordOf(role))
  db = openDatabase({ url, schema: 'compliance', log, connections: 2 })
})
after(async () => {
  await db?.destroy()
  await house?.close()
})

let count = 0
/** A member of a role, as a job keeps them. */
async function asking(role: Role): Promise<Member> {
  const email = `asking-${++count}@acme.example`
  const { id, organization_id } = (await admin.rest('POST', '/users', { email, name: 'A', role, password }))
    .body.data
  const permissions = permissionsOf[role]
  return { kind: 'member', userId: id, accountId: id, organizationId: organization_id, role, permissions }
}
const become = (member: Member, role: Role) => admin.rest('PUT', `/users/${member.userId}`, { role })

/** Runs a job of a member; answers what became of it and with what permissions it ran. */
async function run(member: Member, surroundings = house.surroundings) {
  const seen: { permissions: readonly Permission[] | null } = { permissions: null }
  const job: Job<never> = {
    deadline: 60,
    permission: 'reports:create',
    async run({ viewer, operation, tenant }) {
      seen.permissions = viewer.kind === 'member' ? viewer.permissions : []
      await tenant((trx) => operation.complete(trx, 0))
    },
  }
  const operation = newId()
  const { organizationId, userId: requestedBy } = member
  await inTenant(db, { organizationId }, (trx) =>
    operations.request(trx, { id: operation, organizationId, kind: 'probe', requestedBy }),
  )
  const data = { operation, subject: operation, requestId: newId(), member }
  const taken = { id: operation, data, retryCount: 0, retryLimit: 4, signal: AbortSignal.timeout(60_000) }
  const here = { subgraph: 'compliance', surroundings, db, queue: {} as never }
  const { status, output } = await attempt(here, 'probe', job, taken as unknown as Taken)
  return { status, code: (output as { code?: string } | undefined)?.code, ...seen }
}

test('who is as they were has their job done', async () => {
  const member = await asking('analyst')
  const { status, permissions } = await run(member)
  assert.equal(status, 'completed')
  assert.deepEqual([...permissions!].sort(), [...permissionsOf.analyst].sort())
})

test('who may not ask for it any more has it refused, and nothing was done', async () => {
  const member = await asking('analyst')
  await become(member, 'viewer')
  assert.deepEqual(await run(member), { status: 'deadletter', code: 'FORBIDDEN', permissions: null })
})

test('who may not come in any more has it refused', async () => {
  const member = await asking('manager')
  await admin.rest('DELETE', `/users/${member.userId}`)
  assert.deepEqual(await run(member), { status: 'deadletter', code: 'UNAUTHENTICATED', permissions: null })
})

test('what was lost is lost, and what was gained meanwhile was not asked with', async () => {
  const lost = await asking('manager')
  await become(lost, 'analyst')
  assert.deepEqual([...(await run(lost)).permissions!].sort(), [...permissionsOf.analyst].sort())
  const gained = await asking('analyst')
  await become(gained, 'manager')
  assert.deepEqual([...(await run(gained)).permissions!].sort(), [...permissionsOf.analyst].sort())
})

test('a key’s job ends with the key, and does no more than its scopes', async () => {
  const maker = await asking('manager')
  const scopes: Permission[] = ['reports:create', 'assets:read']
  const visitor = await house.as(`asking-${count}@acme.example`)
  const { id } = (await visitor.rest('POST', '/api-keys', { name: 'K', scopes })).body.data
  const member: Member = { ...maker, role: 'api', permissions: scopes, apiKeyId: id }
  assert.deepEqual([...(await run(member)).permissions!].sort(), [...scopes].sort())
  await visitor.rest('DELETE', `/api-keys/${id}`)
  assert.equal((await run(member)).code, 'UNAUTHENTICATED')
})

test('while nobody can say, it is tried again', async () => {
  const member = await asking('analyst')
  const alone = { ...house.surroundings, transports: {} }
  assert.deepEqual(await run(member, alone), {
    status: 'failed',
    code: 'SERVICE_UNAVAILABLE',
    permissions: null,
  })
})
