/** The codes that only a whole house tells, and that all of the catalogue can be seen. */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ErrorCode, isErrorCode, statusOfCode } from '#kit/errors.ts'
import { assertNoLeak } from '../../gateway/test/leaks.ts'
import { refusals } from '../../gateway/test/refusals.ts'
import { type Answer, openTestHouse, password, type TestHouse, type Visitor } from '../test-house.ts'
import { enrolTotp } from './factors.ts'
import { askForReport } from './following.ts'
import { listen } from './listeners.ts'
import { openOwner } from './owner.ts'

let house: TestHouse
let analyst: Visitor
before(async () => {
  house = await openTestHouse()
  analyst = await house.as('analyst@acme.example')
})
after(() => house?.close())

type Told = { errors: { extensions: { code: string } }[] }
const told = new Set<string>(refusals.map(({ code }) => code))

function see(code: ErrorCode, { body, status }: Answer): void {
  assert.deepEqual([body.error.code, status], [code, statusOfCode[code]])
  const { meta: _, ...rest } = body
  assertNoLeak(JSON.stringify(rest), ['vulns', new URL(house.url).port])
  told.add(code)
}

test('ILLEGAL_TRANSITION: an alert is acknowledged twice', async () => {
  const { body } = await analyst.graphql('{ alerts(filter: { status: [OPEN] }) { edges { node { id } } } }')
  const path = `/alerts/${body.data.alerts.edges[0].node.id}/acknowledge`
  assert.equal((await analyst.rest('POST', path)).status, 200)
  see('ILLEGAL_TRANSITION', await analyst.rest('POST', path))
})

test('CONFLICT: two groups of one name', async () => {
  const make = async () =>
    (await house.as('manager@acme.example')).rest('POST', '/asset-groups', { name: 'twice' })
  assert.equal((await make()).status, 201)
  see('CONFLICT', await make())
})

test('NOTHING_TO_EXPORT: OpenVEX about nothing', async () => {
  see('NOTHING_TO_EXPORT', await analyst.rest('GET', '/vulnerabilities/vex?format=openvex&cve_id=CVE-1990-1'))
})

test('NOT_READY: a report that nobody can store', async () => {
  const folder = join(house.dataDir, 'reports')
  rmSync(folder, { recursive: true, force: true })
  writeFileSync(folder, '')
  const { report } = await askForReport(analyst, { list: 'assets', format: 'csv' })
  see('NOT_READY', await analyst.rest('GET', `/reports/${report}/download`))
})

test('RATE_LIMITED: a password is guessed', async () => {
  const wrong = { email: 'viewer@globex.example', password: 'a guess' }
  for (let times = 0; times < 10; times++) await house.anonymous.rest('POST', '/auth/login', wrong)
  see('RATE_LIMITED', await house.anonymous.rest('POST', '/auth/login', wrong))
})

test('SECOND_FACTOR_REQUIRED, REAUTHENTICATION_REQUIRED: a password that is not enough, or was long ago', async () => {
  const email = 'viewer@acme.example'
  const viewer = await house.as(email)
  await enrolTotp(viewer)
  const wanted = { email, password }
  see('SECOND_FACTOR_REQUIRED', await house.anonymous.rest('POST', '/auth/login', wanted))
  const owner = await openOwner(house)
  await owner.wait(11 * 60)
  await owner.close()
  see('REAUTHENTICATION_REQUIRED', await viewer.rest('POST', '/auth/recovery-codes'))
})

test('SLOW_CONSUMER: more happens than anybody can read', async () => {
  const { body } = await analyst.graphql(
    '{ me { organization { id } } alerts(first: 1) { edges { node { id } } } }',
  )
  const { me, alerts } = body.data
  const live = await listen(house.url, analyst.token!, 'subscription { alertChanged { alert { title } } }')
  const payload = { alertId: alerts.edges[0].node.id }
  const publish = () => house.surroundings.events.publish(me.organization.id, 'alert.acknowledged', payload)
  await Promise.all(Array.from({ length: 1_100 }, publish))
  await live.ended
  const last = live.events.at(-1) as Told
  assert.equal(last.errors[0]!.extensions.code, 'SLOW_CONSUMER')
  assertNoLeak(JSON.stringify(last))
  told.add('SLOW_CONSUMER')
})

test('every code of the catalogue has been seen, and none besides', () => {
  assert.deepEqual(
    [...told].filter((code) => !isErrorCode(code)),
    [],
  )
  assert.deepEqual(
    Object.keys(statusOfCode).filter((code) => !told.has(code)),
    [],
  )
})
