/** `nexus admin create`: how somebody comes into a database that is empty, and that nobody comes in twice. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { after, before, type TestContext, test } from 'node:test'
import { root } from '#kit/register.ts'
import { createAdmin } from '../nexus-admin.ts'
import { openTestHouse, type TestHouse } from '../test-house.ts'

let house: TestHouse

before(async () => {
  house = await openTestHouse({ NEXUS_SEED: 'none' })
})
after(() => house?.close())

const login = (email: string, organization?: string) =>
  house.anonymous.rest('POST', '/auth/login', { email, password: 'a word of their own', organization })

test('the first admin is made in a house that runs, sets their password once, and comes in', async () => {
  const args = ['admin', 'create', '--organization', 'initech', '--email', 'Root@Initech.example']
  const env = { ...process.env, DATABASE_URL: '', NEXUS_SECRET: '', NEXUS_DATA_DIR: house.dataDir }
  const child = spawn(process.execPath, [`${root}scripts/nexus.mjs`, ...args], { env })
  const exit = new Promise((resolve) => child.once('close', resolve))
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  assert.equal(await exit, 0, errors)
  assert.match(output, /^Organization +initech, made now\nAdmin +root@initech\.example\n/)
  const asked = { token: /^[\w-]{43}$/m.exec(output)![0], password: 'a word of their own' }
  assert.equal((await house.anonymous.rest('POST', '/auth/password', asked)).status, 200)
  assert.equal((await house.anonymous.rest('POST', '/auth/password', asked)).status, 401)
  const { body } = await login('root@initech.example')
  assert.deepEqual([body.data.user.role, body.data.user.organization.slug], ['admin', 'initech'])
})

test('an organization that has an admin gets none by this way, and of two at once one', async (t: TestContext) => {
  const printed = t.mock.method(console, 'log', () => {})
  const settings = { NEXUS_DATA_DIR: house.dataDir, DATABASE_URL: house.databaseUrl }
  const create = (organization: string, email: string, more = {}) =>
    createAdmin({ organization, email, ...more }, settings)
  const refusal = { message: 'The organization has an admin, who adds and invites others' }
  await assert.rejects(create('initech', 'other@initech.example'), refusal)
  const [one, other] = await Promise.allSettled(
    ['Root', 'Root'].map((name) => create('umbrella', 'root@initech.example', { name })),
  )
  assert.deepEqual([one!.status, other!.status].sort(), ['fulfilled', 'rejected'])
  assert.match(String(printed.mock.calls[0]!.arguments[0]), /the one that this account has/)
  const { body } = await login('root@initech.example', 'umbrella')
  assert.deepEqual([body.data.user.role, body.data.user.name], ['admin', 'Root'])
  await assert.rejects(create('No Slug', 'a@b.example'), /organization: Must be of small letters/)
  await assert.rejects(create('umbrella', 'nobody'), /email: Invalid e-mail|email: Invalid email/)
})
