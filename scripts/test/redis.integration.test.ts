/** Two houses on one real Redis count the same tries; without it each counts for itself, and goes on. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { openTestHouse, password, type TestHouse } from '../test-house.ts'
import { freePort } from './processes.ts'

let redis: ChildProcess
let dir: string
let houses: TestHouse[] = []

before(async () => {
  assert.equal(spawnSync('redis-server', ['--version']).status, 0, 'redis-server is not installed')
  const port = await freePort()
  dir = mkdtempSync(join(tmpdir(), 'nexus-redis-'))
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', dir]
  redis = spawn('redis-server', settings, { stdio: 'ignore' })
  // Counters have keyed names: only processes of one secret count together.
  const env = { REDIS_URL: `redis://127.0.0.1:${port}`, NEXUS_SECRET: 'shared by the houses of this test' }
  houses = await Promise.all([openTestHouse(env), openTestHouse(env)])
})
after(async () => {
  for (const house of houses) await house.close()
  redis?.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

const signIn = (house: TestHouse, email: string, word: string) =>
  house.anonymous.rest('POST', '/auth/login', { email, password: word })
const ready = async (house: TestHouse) => (await fetch(`${house.url}/health/ready`)).status

test('tries at one account are counted together by all processes', async () => {
  const email = 'viewer@acme.example'
  for (let index = 0; index < 10; index++) await signIn(houses[index % 2]!, email, 'wrong')
  for (const house of houses) assert.equal((await signIn(house, email, password)).status, 429)
  for (const house of houses) {
    assert.equal(house.shared, 'redis')
    assert.equal(await ready(house), 200)
  }
})

test('without Redis the houses say so, and keep counting by themselves', async () => {
  const ended = new Promise((resolve) => redis.once('exit', resolve))
  redis.kill('SIGKILL')
  await ended
  await pause(100)
  const [house] = houses
  assert.equal(await ready(house!), 503)
  assert.equal((await signIn(house!, 'admin@acme.example', password)).status, 200)
  for (let index = 0; index < 10; index++) await signIn(house!, 'manager@acme.example', 'wrong')
  assert.equal((await signIn(house!, 'manager@acme.example', password)).status, 429)
})
