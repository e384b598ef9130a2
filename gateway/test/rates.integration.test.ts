/** Three gateways on one real Redis count a key together; while it hangs or is gone each counts for itself. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { createLog } from '#kit/log.ts'
import { openShared } from '#kit/redis.ts'
import { freePort } from '../../scripts/test/processes.ts'
import { openGateway } from './gateway.ts'
import { fewOf, newKey, standing } from './keyed.ts'

const points = 100
const gateways = 3
const times = 100

let redis: ChildProcess
let dir: string
let url: string

before(async () => {
  assert.equal(spawnSync('redis-server', ['--version']).status, 0, 'redis-server is not installed')
  const port = await freePort()
  dir = mkdtempSync(join(tmpdir(), 'nexus-rates-'))
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', dir]
  redis = spawn('redis-server', settings, { stdio: 'ignore' })
  url = `redis://127.0.0.1:${port}`
})
after(() => {
  redis?.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

async function open(t: TestContext) {
  const apps: Awaited<ReturnType<typeof openGateway>>['app'][] = []
  for (let index = 0; index < gateways; index++) {
    const shared = openShared(url, createLog('gateway', 'silent'))
    t.after(() => shared.close())
    // Each begins to count by itself until Redis answers.
    while (
      !(await shared.check().then(
        () => true,
        () => false,
      ))
    );
    apps.push((await openGateway(t, { standing, shared, rates: fewOf(points, 10_000) })).app)
  }
  const asked = async (headers: object, count = times) => {
    const answers = apps.map(async (app) => {
      const statuses: number[] = []
      for (let index = 0; index < count; index++)
        statuses.push((await app.inject({ url: '/api/v1/assets/stats', headers: { ...headers } })).statusCode)
      return statuses
    })
    return Object.groupBy((await Promise.all(answers)).flat(), (status) => status)
  }
  return { asked }
}

test('three gateways let through what one would, and others lose nothing by it', async (t) => {
  const { asked } = await open(t)
  const [greedy, modest] = [newKey(), newKey()]
  const [ofGreedy, ofModest] = await Promise.all([asked(greedy), asked(modest, 20)])
  assert.deepEqual([ofGreedy[200]?.length, ofGreedy[429]?.length], [points, gateways * times - points])
  assert.deepEqual([ofModest[200]?.length, ofModest[429]], [gateways * 20, undefined])
})

test('while Redis hangs, and when it is gone, each gateway keeps the limit, and answers', async (t) => {
  const { asked } = await open(t)
  const hang = newKey()
  redis.kill('SIGSTOP')
  const from = performance.now()
  const during = await asked(hang, 20)
  // Who waited a second for each count would need 40 s.
  assert.ok(performance.now() - from < 30_000, `${Math.round(performance.now() - from)} ms`)
  assert.deepEqual([Object.keys(during), during[200]?.length], [['200'], gateways * 20])
  const ended = new Promise((resolve) => redis.once('exit', resolve))
  redis.kill('SIGKILL')
  await ended
  const gone = await asked(newKey(), points + 20)
  assert.deepEqual([gone[200]?.length, gone[429]?.length], [gateways * points, gateways * 20])
})
