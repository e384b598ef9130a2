/** `npm start` as a real process: started, killed in every way, started again, stopped. */
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  freePort,
  housePid,
  isAlive,
  npmStart,
  postgresPid,
  type Started,
  statusOf,
  tempDir,
  until,
} from './processes.ts'

const dir = tempDir()
const dataDir = join(dir.path, 'data')
let env: Record<string, string>
let url: string
let running: Started

const ready = (ms = 30_000) =>
  until('ready', ms, async () => (await statusOf(`${url}/health/ready`)) === 200).catch((error: Error) => {
    throw new Error(`${error.message}\n${running.output()}`)
  })

async function start(): Promise<number> {
  running = npmStart(env)
  return ready()
}

async function signIn(): Promise<string> {
  const password = running.output().match(/Password +(\S+)/)?.[1]
  const response = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@acme.example', password }),
  })
  return ((await response.json()) as { data: { accessToken: string } }).data.accessToken
}

async function assetCount(): Promise<number> {
  const response = await fetch(`${url}/api/v1/assets/stats`, {
    headers: { authorization: `Bearer ${await signIn()}` },
  })
  return ((await response.json()) as { data: { total: number } }).data.total
}

before(async () => {
  const port = await freePort()
  env = { PORT: String(port), NEXUS_DATA_DIR: dataDir, LOG_LEVEL: 'warn' }
  url = `http://127.0.0.1:${port}`
})
after(async () => {
  if (running) {
    running.npm.kill('SIGTERM')
    await running.ended(15_000).catch(() => {})
  }
  dir.remove()
})

test('the first start seeds a demo and says how to use it; its secrets are its owner’s', async () => {
  await start()
  await until('the welcome', 5_000, () => running.output().includes('Three things to try'))
  assert.match(running.output(), new RegExp(`Nexus ready on http://localhost:${env.PORT}\n`))
  assert.match(running.output(), /embedded PostgreSQL/)
  assert.equal(await assetCount(), 5)
  for (const secret of ['demo-password', 'secret', 'postgres-password', 'house.json'])
    assert.equal(statSync(join(dataDir, secret)).mode & 0o077, 0, secret)
})

test('a second house on the same folder is refused, and says what to do', async () => {
  const second = npmStart({ ...env, PORT: String(await freePort()) })
  assert.notEqual(await second.ended(20_000), 0)
  assert.match(second.output(), /already uses the folder .*NEXUS_DATA_DIR/s)
  assert.equal(await statusOf(`${url}/health/ready`), 200, 'the first one is unharmed')
})

test('a taken port is said to be taken, and nothing is left behind', async () => {
  const other = tempDir()
  try {
    const second = npmStart({ ...env, NEXUS_DATA_DIR: other.path })
    assert.notEqual(await second.ended(20_000), 0)
    assert.match(second.output(), new RegExp(`Port ${env.PORT} on 127.0.0.1 is taken`))
    assert.throws(() => postgresPid(other.path))
  } finally {
    other.remove()
  }
})

test('SIGTERM to npm alone ends everything within 10 s, PostgreSQL last', async () => {
  const [house, postgres] = [housePid(dataDir), postgresPid(dataDir)]
  running.npm.kill('SIGTERM')
  await running.ended(10_000)
  await until('the house is gone', 1_000, () => !isAlive(house))
  assert.ok(!isAlive(postgres))
  assert.equal(await statusOf(`${url}/health/live`), 0)
})

test('a warm start is ready in less than 5 s', async () => {
  const took = await start()
  assert.ok(took < 5_000, `${took} ms`)
  assert.equal(await assetCount(), 5)
})

test('PostgreSQL killed under a running house comes up again', async () => {
  const killed = postgresPid(dataDir)
  process.kill(killed, 'SIGKILL')
  await until('another PostgreSQL', 10_000, () => postgresPid(dataDir) !== killed)
  await ready(10_000)
  assert.equal(await assetCount(), 5)
})

test('after kill -9 of the house the next start takes over what it left', async () => {
  const postgres = postgresPid(dataDir)
  process.kill(housePid(dataDir), 'SIGKILL')
  await running.ended(5_000)
  assert.ok(isAlive(postgres), 'PostgreSQL was left running')
  await start()
  assert.ok(!isAlive(postgres))
  assert.equal(await assetCount(), 5)
})

test('after kill -9 of both the next start recovers', async () => {
  const [house, postgres] = [housePid(dataDir), postgresPid(dataDir)]
  process.kill(house, 'SIGKILL')
  process.kill(postgres, 'SIGKILL')
  await running.ended(5_000)
  await start()
  assert.equal(await assetCount(), 5)
})

test('Ctrl-C reaches the whole group, and still PostgreSQL ends in order', async () => {
  const postgres = postgresPid(dataDir)
  process.kill(-running.npm.pid!, 'SIGINT')
  await running.ended(10_000)
  await until('PostgreSQL is gone', 10_000, () => !isAlive(postgres))
  await start()
  assert.doesNotMatch(running.output(), /recover/i)
})
