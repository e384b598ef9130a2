import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { type EmbeddedPostgres, startPostgres } from '../embedded.ts'
import { alive, bareCheckout, outsideFolder, temporaryFolder } from './folders.ts'
import { houseIn, killHouses, root } from './houses.ts'

test('makes the data once, keeps it, and lets nobody in without the password', async (t) => {
  const dataDir = temporaryFolder(t)
  const lines: string[] = []
  const log = (line: string) => lines.push(line)
  const first = await start(t, { dataDir, log, durable: true })
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
  await first.stop()
  assert.deepEqual(await first.exited, { code: 0, signal: null })
  assert.equal(alive(first.pid), false)
  await first.stop()

  const again = await start(t, { dataDir, log, durable: true })
  assert.equal(await query(again.url, 'SELECT answer FROM kept'), 42)
  assert.equal(lines.filter((line) => line.startsWith('making')).length, 1)
  assert.equal(await query(again.url, 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user'), true)
  assert.equal(await query(again.url, 'SHOW fsync'), 'on')
  assert.equal(await query(again.url, 'SHOW listen_addresses'), '127.0.0.1')
  assert.equal(await query(again.url, 'SHOW unix_socket_directories'), '')
  for (const method of ['scram-sha-256', 'reject']) {
    assert.ok(
      await query(again.url, `SELECT count(*) > 0 FROM pg_hba_file_rules WHERE auth_method = '${method}'`),
    )
  }
  assert.equal(
    await query(again.url, "SELECT count(*)::int FROM pg_hba_file_rules WHERE auth_method = 'trust'"),
    0,
  )
  await assert.rejects(query(again.url.replace(/:[^:@/]+@/, ':wrong@'), 'SELECT 1'), { code: '28P01' })
  for (const name of ['postgres-password', 'postgres.log']) {
    assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name)
  }
})

test('comes back after kill -9 of PostgreSQL with a backend at work', async (t) => {
  const dataDir = temporaryFolder(t)
  const killed = await start(t, { dataDir })
  await query(killed.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
  const busy = query(killed.url, 'SELECT pg_sleep(60)').catch(() => {})
  await pause(100)
  process.kill(killed.pid, 'SIGKILL')
  const next = await start(t, { dataDir, port: killed.port })
  assert.equal(next.url, killed.url)
  assert.deepEqual(await killed.exited, { code: null, signal: 'SIGKILL' })
  assert.equal(await query(next.url, 'SELECT answer FROM kept'), 42)
  await busy
})

test('comes back after kill -9 of the house, of which PostgreSQL is left over', async (t) => {
  const dataDir = temporaryFolder(t)
  const house = await houseIn(t, dataDir)
  await query(house.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
  await house.kill()
  assert.equal(alive(house.postgres), true)
  const lines: string[] = []
  const next = await start(t, { dataDir, log: (line) => lines.push(line) })
  assert.equal(await query(next.url, 'SELECT answer FROM kept'), 42)
  assert.equal(alive(house.postgres), false)
  assert.match(lines.join(), /left behind/)
})

test('comes back after kill -9 of both', async (t) => {
  const dataDir = temporaryFolder(t)
  const house = await houseIn(t, dataDir)
  await query(house.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
  await Promise.all([house.kill(), process.kill(house.postgres, 'SIGKILL')])
  const next = await start(t, { dataDir })
  assert.equal(await query(next.url, 'SELECT answer FROM kept'), 42)
})

test('is not stopped by a Ctrl-C that reaches the whole process group', async (t) => {
  const house = await houseIn(t, temporaryFolder(t))
  process.kill(-house.pid, 'SIGINT')
  await house.ended
  assert.equal(await query(house.url, 'SELECT 1 AS one'), 1)
})

test('a crash in the middle of the first start is forgotten', async (t) => {
  const dataDir = temporaryFolder(t)
  const house = houseIn(t, dataDir).catch(() => undefined)
  while (!existsSync(dataDir) || !readdirSync(dataDir).some((name) => name.startsWith('postgres-new-')))
    await pause(5)
  await pause(50)
  await killHouses(t)
  await house
  assert.equal(existsSync(join(dataDir, 'postgres')), false)
  const next = await start(t, { dataDir })
  assert.equal(await query(next.url, 'SELECT 1 AS one'), 1)
  assert.deepEqual(readdirSync(dataDir).sort(), ['postgres', 'postgres-password', 'postgres.log'])
})

test('two houses live side by side, and stop in spite of open connections', async (t) => {
  const [one, two] = await Promise.all([
    start(t, { dataDir: temporaryFolder(t) }),
    start(t, { dataDir: temporaryFolder(t) }),
  ])
  assert.notEqual(one.port, two.port)
  const waiting = query(one.url, 'SELECT pg_sleep(60)').catch(
    (error: Error & { code?: string }) => error.code,
  )
  await pause(100)
  const began = performance.now()
  await one.stop()
  assert.ok(performance.now() - began < 3_000)
  assert.equal(await waiting, '57P01')
  assert.equal(await query(two.url, 'SELECT 1 AS one'), 1)
})

test('says why it did not start', async (t) => {
  const dataDir = temporaryFolder(t)
  const once = await start(t, { dataDir })
  await once.stop()
  appendFileSync(
    join(realpathSync(join(dataDir, 'postgres')), 'postgresql.conf'),
    "\nshared_buffers = 'plenty'\n",
  )
  await assert.rejects(startPostgres({ dataDir }), /ended while it was starting[\s\S]*shared_buffers/)

  const neighbour = await start(t, { dataDir: temporaryFolder(t) })
  const late = startPostgres({ dataDir: temporaryFolder(t), durable: false, port: neighbour.port })
  await assert.rejects(late, /ended while it was starting[\s\S]*could not bind/)

  const foreign = temporaryFolder(t)
  mkdirSync(join(foreign, 'postgres'))
  writeFileSync(join(foreign, 'postgres', 'letter'), 'not a database')
  await assert.rejects(startPostgres({ dataDir: foreign }), /holds no PostgreSQL data/)
  assert.equal(readFileSync(join(foreign, 'postgres', 'letter'), 'utf8'), 'not a database')
})

test('runs from a closed (0700) checkout whose links were not made, twice at once', async (t) => {
  const checkout = bareCheckout(t)
  const houses = ['a', 'b'].map((name) => houseIn(t, join(checkout, name), { checkout }))
  for (const { url } of await Promise.all(houses)) assert.equal(await query(url, 'SELECT 1 AS one'), 1)
})

test('runs without user namespaces, from a closed checkout and an open folder, and with them again', async (t) => {
  const checkout = bareCheckout(t)
  const dataDir = join(checkout, 'data')
  const outside = outsideFolder(t)
  const environment = { NEXUS_PG_NO_USERNS: '1', NEXUS_PG_OUTSIDE: outside }
  const before = await houseIn(t, dataDir, { checkout })
  await query(before.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
  await before.kill()
  const house = await houseIn(t, dataDir, { checkout, environment })
  assert.equal(await query(house.url, 'SELECT answer FROM kept'), 42)
  if (root) {
    assert.notEqual(statSync(`/proc/${house.postgres}`).uid, 0)
    assert.ok(realpathSync(join(dataDir, 'postgres')).startsWith(realpathSync(outside)))
  }
  await house.kill()
  const next = await houseIn(t, dataDir, { checkout })
  assert.equal(await query(next.url, 'SELECT answer FROM kept'), 42)

  const open = temporaryFolder(t)
  const inPlace = await start(t, { dataDir: open, namespaces: false })
  assert.equal(await query(inPlace.url, 'SELECT 1 AS one'), 1)
  assert.equal(realpathSync(join(open, 'postgres')), join(realpathSync(open), 'postgres'))
})

test('runs as a normal user', async (t) => {
  const dataDir = temporaryFolder(t)
  const house = await houseIn(t, dataDir, { normal: true })
  assert.equal(await query(house.url, 'SELECT 1 AS one'), 1)
  assert.equal(realpathSync(join(dataDir, 'postgres')), join(realpathSync(dataDir), 'postgres'))
})

type Options = Parameters<typeof startPostgres>[0]

async function start(t: TestContext, options: Options): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ durable: false, ...options })
  t.after(() => server.stop())
  return server
}

/** The first column of the first row. */
async function query(url: string, statement: string): Promise<unknown> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement)
    return Object.values(rows[0] ?? {})[0]
  } finally {
    await client.end().catch(() => {})
  }
}
