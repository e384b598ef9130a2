import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { type EmbeddedPostgres, startPostgres } from '#kit/embedded.ts'
import { readRegister, root } from '#kit/register.ts'
import { freePort, statusOf, tempDir, until } from '../../scripts/test/processes.ts'

const compose = parse(readFileSync(`${root}compose.yaml`, 'utf8'), { merge: true }) as {
  services: Record<string, { command: string[]; healthcheck: { test: string[] } }>
}
const { migrate, assets } = compose.services

async function openPostgres(t: TestContext) {
  const folder = tempDir()
  let running: EmbeddedPostgres | undefined
  // In this order: a database that still writes would leave something behind.
  t.after(async () => {
    await running?.stop()
    folder.remove()
  })
  const postgres = await startPostgres({ dataDir: folder.path, durable: false })
  running = postgres
  const address = new URL(postgres.url)
  address.username = ''
  address.password = ''
  return { owner: postgres.url, address: address.href }
}

test('the owner migrates once for all, and a subgraph serves without the password', async (t) => {
  const { owner, address } = await openPostgres(t)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/graphql`
  const env = {
    PATH: process.env.PATH,
    NEXUS_SECRET: 'a secret for the tests of processes',
    NEXUS_ASSETS_URL: url,
  }
  const migrations = () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, migrate!.command, {
      cwd: root,
      env: { ...env, DATABASE_URL: owner },
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    return stdout
  }
  const names = readRegister({}).map(({ name }) => name)
  assert.deepEqual(migrations().match(/^[a-z]+(?=: applied)/gm), names)
  assert.deepEqual(migrations().match(/^[a-z]+(?=: up to date)/gm), names)

  const served = spawn(process.execPath, assets!.command, {
    cwd: root,
    env: { ...env, DATABASE_URL: address },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.after(() => served.kill('SIGKILL'))
  await until('ready', 30_000, async () => (await statusOf(`http://127.0.0.1:${port}/health/ready`)) === 200)

  const [, , ...ask] = assets!.healthcheck.test
  const healthy = () => {
    const args = ask.map((arg) => arg.replaceAll('$$', '$'))
    const self = `NEXUS_${hostname().toUpperCase()}_URL`
    return spawnSync(process.execPath, args, { env: { [self]: url } }).status === 0
  }
  assert.equal(healthy(), true)
  served.kill('SIGTERM')
  assert.deepEqual(await once(served, 'exit'), [0, null])
  assert.equal(healthy(), false)
})
