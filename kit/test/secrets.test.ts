import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { environment, openEnvironment, readEnv } from '#kit/env.ts'
import { createLog } from '#kit/log.ts'
import { followSecrets } from '#kit/secrets/follow.ts'
import { vaultSecrets } from '#kit/secrets/vault.ts'
import { openVault, type VaultEntry, VaultError } from '#kit/vault.ts'
import { badWays, openTestVault } from './vault-house.ts'

const secret = 'canary-of-a-secret-of-32-characters'
const names = ['NEXUS_SECRET', 'DATABASE_URL']

function tempFile(t: TestContext, name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

test('a secret may stand in a file', (t) => {
  const file = tempFile(t, 'secret', `${secret}\n`)
  assert.equal(readEnv(environment, { NEXUS_SECRET_FILE: file }).NEXUS_SECRET, secret)
  const wrong: [env: Record<string, string>, says: RegExp][] = [
    [{ NEXUS_SECRET_FILE: file, NEXUS_SECRET: secret }, /are both given/],
    [{ NEXUS_SECRET_FILE: `${file}-none` }, /NEXUS_SECRET_FILE cannot be read: ENOENT$/],
    [{ NEXUS_SECRET_FILE: join(file, '..') }, /NEXUS_SECRET_FILE cannot be read: EISDIR$/],
    [{ REDIS_URL_FILE: tempFile(t, 'empty', '\n') }, /REDIS_URL_FILE is empty/],
    [{ REDIS_URL_FILE: tempFile(t, 'long', 'x'.repeat(70_000)) }, /holds too much/],
    [{ DATABASE_URL_FILE: file }, /DATABASE_URL: must begin with postgres/],
  ]
  for (const [env, says] of wrong)
    assert.throws(
      () => readEnv(environment, env),
      (error: Error) => says.test(error.message) && !/canary|nexus-test/.test(error.message),
    )
})

/** A source over a Vault of the tests, with a clock and timers that the test moves. */
async function openSource(t: TestContext, entry?: VaultEntry) {
  const { address, state, asked } = await openTestVault(t)
  state.secret = { NEXUS_SECRET: secret, OTHER: 'not ours' }
  const clock = { now: 1_000_000 }
  const timers: { work: () => void; ms: number; cancelled: boolean }[] = []
  const waits: number[] = []
  const now = () => clock.now
  const vault = openVault({ address, entry: entry ?? { token: state.token }, timeoutMs: 250, now })
  const secrets = vaultSecrets({
    ...{ vault, mount: 'secret', path: 'nexus/production', names, now },
    after: (work, ms) => {
      const timer = { work, ms, cancelled: false }
      timers.push(timer)
      return {
        cancel() {
          timer.cancelled = true
        },
      }
    },
    wait: async (ms) => waits.push(ms),
  })
  return { secrets, state, asked, clock, timers, waits, address }
}

test('Vault is read once for each lease', async (t) => {
  const { secrets, state, asked, clock } = await openSource(t)
  state.lease = 60
  assert.deepEqual(await secrets.read(), { NEXUS_SECRET: secret })
  clock.now += 59_999
  await secrets.read()
  assert.equal(asked.length, 1)
  assert.equal(asked[0]!.path, '/v1/secret/data/nexus/production')
  clock.now += 1
  state.lease = 0
  await secrets.read()
  assert.equal(asked.length, 2)
  // Without a lease of its own, five minutes.
  clock.now += 299_999
  await secrets.read()
  assert.equal(asked.length, 2)
  clock.now += 1
  await secrets.read()
  assert.equal(asked.length, 3)
})

test('a Vault that misbehaves: at the start a clear error, later what was read holds until its lease ends', async (t) => {
  for (const [way, { instead, reason }] of Object.entries(badWays)) {
    const { secrets, state, asked, clock, waits } = await openSource(t)
    const isTold = (error: unknown) =>
      error instanceof VaultError &&
      error.reason === reason &&
      !/canary|token-|127\.0\.0\.1|nexus\/|errors/.test(`${error.message}${error.cause ?? ''}`)
    state.instead = instead
    await assert.rejects(secrets.read(), isTold, way)
    const passes = ['sealed', 'failed', 'late', 'unreachable'].includes(reason)
    assert.equal(asked.length, passes ? 3 : 1, way)
    assert.deepEqual(waits, passes ? [500, 1_000] : [], way)
    state.instead = null
    state.lease = 60
    assert.equal((await secrets.read()).NEXUS_SECRET, secret, way)
    state.instead = instead
    clock.now += 59_000
    assert.equal((await secrets.read()).NEXUS_SECRET, secret, way)
    clock.now += 1_000
    await assert.rejects(secrets.read(), isTold, way)
  }
})

test('secrets are read ahead of the end of their lease, and a failure is told and tried again', async (t) => {
  const { secrets, state, timers, clock, asked } = await openSource(t)
  state.lease = 60
  await secrets.read()
  const heard: unknown[] = []
  let next = () => {}
  const hears = () => new Promise<void>((resolve) => (next = resolve))
  const hear = (what: unknown) => {
    heard.push(what)
    next()
  }
  const following = secrets.follow({
    changed: (which) => hear(which),
    failed: ({ reason }) => hear(reason),
  })
  assert.equal(timers[0]!.ms, 40_000)
  clock.now += 40_000
  const first = hears()
  Object.assign(state, {
    secret: { NEXUS_SECRET: `${secret} too`, DATABASE_URL: 'postgres://other' },
    version: 2,
  })
  timers[0]!.work()
  await first
  assert.deepEqual(heard, [['NEXUS_SECRET', 'DATABASE_URL']])
  assert.equal((await secrets.read()).NEXUS_SECRET, `${secret} too`)
  assert.equal(asked.length, 2)
  // Something older is nothing to go by.
  await new Promise(setImmediate)
  const second = hears()
  Object.assign(state, { secret: { NEXUS_SECRET: secret }, version: 1 })
  timers[1]!.work()
  await second
  assert.deepEqual(heard[1], 'unreadable')
  assert.equal((await secrets.read()).NEXUS_SECRET, `${secret} too`)
  await new Promise(setImmediate)
  assert.equal(timers[2]!.ms, 6_000)
  following.close()
  assert.ok(timers[2]!.cancelled)
})

test('a lease of months is looked at each hour', async (t) => {
  const { secrets, state, timers } = await openSource(t)
  state.lease = 2_764_800
  await secrets.read()
  secrets.follow({ changed() {}, failed() {} })
  assert.equal(timers[0]!.ms, 3_600_000)
})

test('a pod enters by its role, again before its token ends, and again when it was revoked', async (t) => {
  const jwtFile = tempFile(t, 'jwt', 'jwt-of-a-pod\n')
  const { secrets, state, clock, asked } = await openSource(t, {
    role: 'nexus',
    jwtFile,
    mount: 'kubernetes',
  })
  Object.assign(state, { lease: 1, tokenLease: 600 })
  await secrets.read()
  assert.deepEqual(asked[0]!.body, { role: 'nexus', jwt: 'jwt-of-a-pod' })
  clock.now += 399_999
  await secrets.read()
  assert.equal(state.entries, 1)
  clock.now += 1_001
  await secrets.read()
  assert.equal(state.entries, 2)
  state.token = 'revoked by somebody'
  clock.now += 1_001
  assert.equal((await secrets.read()).NEXUS_SECRET, secret)
  assert.equal(state.entries, 3)
  state.jwt = 'of another pod'
  clock.now += 400_001
  await assert.rejects(secrets.read(), (error) => error instanceof VaultError && error.reason === 'refused')
})

test('the environment takes from Vault what neither a variable nor a file gives', async (t) => {
  const { address, state } = await openTestVault(t)
  state.secret = {
    NEXUS_SECRET: secret,
    REDIS_URL: 'redis://vault',
    NODE_ENV: 'production',
    DATABASE_URL: 'no url',
  }
  const tokenFile = tempFile(t, 'token', `${state.token}\n`)
  const given = {
    ...{ NEXUS_SECRETS: 'vault:secret/nexus/production', VAULT_ADDR: address, VAULT_TOKEN_FILE: tokenFile },
    REDIS_URL_FILE: tempFile(t, 'redis', 'redis://file'),
    DATABASE_URL: 'postgres://variable',
  }
  const { env, secrets } = await openEnvironment(given)
  assert.ok(secrets)
  assert.deepEqual(
    [env.NEXUS_SECRET, env.REDIS_URL, env.DATABASE_URL, env.NODE_ENV],
    [secret, 'redis://file', 'postgres://variable', undefined],
  )
  const says = (env: Record<string, string>, message: RegExp) =>
    assert.rejects(
      openEnvironment(env),
      (error: Error) => message.test(error.message) && !/canary|token-of/.test(error.message),
    )
  await says({ ...given, DATABASE_URL: '' }, /DATABASE_URL: must begin with postgres/)
  await says({ ...given, VAULT_ADDR: '' }, /Vault needs VAULT_ADDR/)
  await says(
    { ...given, NEXUS_SECRETS: 'vault:secret/elsewhere' },
    /cannot be read\. Vault: it has nothing there$/,
  )
  await says({ ...given, VAULT_TOKEN_FILE: '/dev/null' }, /Vault needs|it refuses/)
  await says({ ...given, NEXUS_SECRETS: 'secret/nexus' }, /NEXUS_SECRETS: must be vault:/)
})

test('of secrets that change while a process runs, the log tells the names and nothing else', async (t) => {
  const { secrets, state, timers } = await openSource(t)
  await secrets.read()
  const file = tempFile(t, 'log', '')
  const lines: string[] = []
  const log = createLog('test', 'trace', file)
  let told = () => {}
  const tells = () => new Promise<void>((resolve) => (told = resolve))
  const warn = log.warn.bind(log)
  log.warn = ((fields: object, text: string) => {
    warn(fields, text)
    lines.push(JSON.stringify(fields))
    told()
  }) as typeof log.warn
  followSecrets(secrets, log)
  const first = tells()
  Object.assign(state, { secret: { NEXUS_SECRET: 'canary of a change' }, version: 2 })
  timers[0]!.work()
  await first
  assert.deepEqual(lines, ['{"names":["NEXUS_SECRET"]}'])
  await new Promise(setImmediate)
  const second = tells()
  state.instead = badWays['a token that has ended']!.instead
  timers[1]!.work()
  await second
  assert.equal(lines[1], '{"reason":"refused"}')
})
