import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { acquireLock, readHouse } from '../lock.ts'
import { temporaryFolder } from './folders.ts'

const lockModule = JSON.stringify(new URL('../lock.ts', import.meta.url).href)
const record = (folder: string) => JSON.parse(readFileSync(join(folder, 'house.json'), 'utf8'))

test('one house holds the folder until it gives it free', (t) => {
  const folder = join(temporaryFolder(t), 'new')
  assert.equal(readHouse(folder), null)
  const lock = acquireLock(folder)
  assert.throws(
    () => acquireLock(folder),
    new RegExp(`pid ${process.pid}, still starting\\).*NEXUS_DATA_DIR`),
  )
  lock.publish({ url: 'http://localhost:4000' })
  assert.throws(() => acquireLock(folder), /Another Nexus \(pid \d+, http:\/\/localhost:4000\) already uses/)
  const { startedAt, ...house } = readHouse(folder) ?? assert.fail('no house')
  assert.deepEqual(house, { pid: process.pid, url: 'http://localhost:4000' })
  assert.ok(Date.now() - Date.parse(startedAt) < 60_000)
  assert.equal(statSync(join(folder, 'house.json')).mode & 0o777, 0o600)
  lock.release()
  lock.release()
  assert.equal(readHouse(folder), null)
  acquireLock(folder).release()
  assert.deepEqual(readdirSync(folder), [])
})

test('a killed holder is succeeded, and its late release does not harm the successor', async (t) => {
  const folder = temporaryFolder(t)
  const program = `
    import { acquireLock } from ${lockModule}
    acquireLock(${JSON.stringify(folder)}).publish({ url: 'http://localhost:1' })
    console.log('held')
    setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program])
  t.after(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  assert.throws(() => acquireLock(folder), new RegExp(`pid ${holder.pid}, http://localhost:1`))
  assert.equal(readHouse(folder)?.pid, holder.pid)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  assert.equal(readHouse(folder), null)
  const lock = acquireLock(folder)
  assert.equal(record(folder).pid, process.pid)
  lock.release()
  const next = acquireLock(folder)
  lock.release()
  assert.equal(readHouse(folder)?.pid, process.pid)
  next.release()
})

test('a record is stale when its pid belongs to another process now, or when it cannot be read', (t) => {
  const folder = temporaryFolder(t)
  acquireLock(folder)
  writeFileSync(join(folder, 'house.json'), JSON.stringify({ ...record(folder), process: 'boot 1' }))
  assert.equal(readHouse(folder), null)
  acquireLock(folder)
  writeFileSync(join(folder, 'house.json'), '')
  assert.equal(readHouse(folder), null)
  acquireLock(folder)
  assert.throws(() => acquireLock(folder), /already uses/)
  assert.deepEqual(readdirSync(folder), ['house.json'])
})

test('a successor that died before it had finished is succeeded in turn', (t) => {
  const folder = temporaryFolder(t)
  const dead = { pid: process.pid, url: null, startedAt: '', process: 'boot 1' }
  writeFileSync(join(folder, 'house.json'), JSON.stringify({ ...dead, nonce: 'a' }))
  writeFileSync(join(folder, 'house-a.json'), JSON.stringify({ ...dead, nonce: 'b' }))
  writeFileSync(join(folder, 'house-b.json'), JSON.stringify({ ...dead, nonce: 'c' }))
  acquireLock(folder)
  assert.throws(() => acquireLock(folder), /already uses/)
  assert.deepEqual(readdirSync(folder), ['house.json'])
})

test('of many that start at once over a dead holder exactly one wins', async (t) => {
  const starters = 6
  const rounds = 60
  const folder = temporaryFolder(t)
  const dead = { pid: process.pid, url: null, startedAt: '', process: 'boot 1' }
  for (let round = 0; round < rounds; round++) {
    mkdirSync(join(folder, String(round)))
    // Every third folder is free, the others were left by a house that died.
    if (round % 3 === 0) continue
    const nonce = `dead-${round}`
    writeFileSync(join(folder, String(round), 'house.json'), JSON.stringify({ ...dead, nonce }))
  }
  const gates = new Int32Array(new SharedArrayBuffer(4 * rounds))
  const program = `
    const { parentPort, workerData: { folder, gates, rounds, starters } } = require('node:worker_threads')
    import(${lockModule}).then(({ acquireLock }) => {
      const won = []
      for (let round = 0; round < rounds; round++) {
        Atomics.add(gates, round, 1)
        while (Atomics.load(gates, round) < starters);
        try {
          acquireLock(folder + '/' + round)
          won.push(round)
        } catch (error) {
          if (!error.message.includes('already uses')) throw error
        }
      }
      parentPort.postMessage(won)
    })`
  const workerData = { folder, gates, rounds, starters }
  const workers = Array.from({ length: starters }, () => new Worker(program, { eval: true, workerData }))
  const won = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0] as number[]))
  assert.deepEqual(
    won.flat().sort((a, b) => a - b),
    Array.from({ length: rounds }, (_, round) => round),
  )
  for (let round = 0; round < rounds; round++) {
    assert.deepEqual(readdirSync(join(folder, String(round))), ['house.json'])
  }
})
