import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { environment, readEnv } from '#kit/env.ts'
import { NexusError } from '#kit/errors.ts'
import { awsKmsMasterKey } from '#kit/sealing/aws-kms.ts'
import { Unsealable } from '#kit/sealing/cipher.ts'
import type { MasterKey } from '#kit/sealing/master.ts'
import { openMasterKey } from '#kit/sealing/open.ts'
import { keptSalt, passphraseMasterKey } from '#kit/sealing/passphrase.ts'
import { transitMasterKey } from '#kit/sealing/vault-transit.ts'
import { openVault } from '#kit/vault.ts'
import { kmsKeys, openTestKms } from './kms-house.ts'
import { badWays, openTestVault } from './vault-house.ts'

// The SDK asks the environment; nothing else of the machine may answer in its place.
Object.assign(process.env, {
  ...{ AWS_ACCESS_KEY_ID: 'AKIDOFATEST', AWS_SECRET_ACCESS_KEY: 'canary-of-aws', AWS_REGION: 'us-east-1' },
  ...{ AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
})

const key = randomBytes(32)
const nameOf = () => ({ organizationId: randomUUID(), version: 3 })
const unavailable = (error: unknown) =>
  error instanceof NexusError &&
  error.code === 'SERVICE_UNAVAILABLE' &&
  !/canary|token|127\.0\.0\.1| at /.test(error.message)

/** What holds for every keeper of master keys: `next` knows the key before, and wraps by another. */
async function keeps(before: MasterKey, next: MasterKey): Promise<void> {
  const name = nameOf()
  const wrapped = await before.wrap(key, name)
  assert.equal(wrapped.master, await before.id())
  assert.ok(wrapped.master.length <= 500)
  assert.ok(
    ![key.toString('base64'), key.toString('base64url')].some((text) => wrapped.wrapped.includes(text)),
  )
  assert.ok((await before.unwrap(wrapped, name)).equals(key))
  assert.ok((await next.unwrap(wrapped, name)).equals(key))
  const anew = await next.wrap(key, name)
  assert.equal(anew.master, await next.id())
  assert.notEqual(anew.master, wrapped.master)
  for (const other of [
    { ...name, version: 4 },
    { ...name, organizationId: randomUUID() },
  ])
    await assert.rejects(next.unwrap(wrapped, other), Unsealable)
  await assert.rejects(before.unwrap(anew, name), Unsealable)
  await assert.rejects(next.unwrap({ ...anew, wrapped: wrapped.wrapped }, name), Unsealable)
}

const tempDir = (t: TestContext): string => {
  const path = mkdtempSync(join(tmpdir(), 'nexus-test-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('a passphrase keeps data keys, with the salt beside them', async (t) => {
  const dataDir = tempDir(t)
  const salt = keptSalt(dataDir)
  assert.ok(keptSalt(dataDir).equals(salt))
  assert.equal(statSync(join(dataDir, 'master-salt')).mode & 0o777, 0o600)
  const [old, now] = ['the passphrase before this', 'the passphrase of this time'] as const
  await keeps(passphraseMasterKey([old], salt), passphraseMasterKey([now, old], salt))
  // Another process, whose folder has another salt, or cannot be written.
  const name = nameOf()
  const wrapped = await passphraseMasterKey([now], salt).wrap(key, name)
  const elsewhere = passphraseMasterKey([now], keptSalt('/dev/null/nowhere'))
  assert.ok((await elsewhere.unwrap(wrapped, name)).equals(key))
  assert.ok(wrapped.master.includes(salt.toString('base64url')))
  const misspelt = { ...wrapped, master: wrapped.master.replace(/.{16}$/, '0'.repeat(16)) }
  await assert.rejects(elsewhere.unwrap(misspelt, name), Unsealable)
})

test('a key of a passphrase is what others make of it by PBKDF2 with 600,000 rounds', async () => {
  const { subtle } = globalThis.crypto
  const [salt, name] = [randomBytes(16), nameOf()]
  const given = await subtle.importKey('raw', Buffer.from('a passphrase of a test'), 'PBKDF2', false, [
    'deriveKey',
  ])
  const derived = await subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 600_000 },
    given,
    { name: 'AES-GCM', length: 256 },
    false,
    ['decrypt'],
  )
  const { wrapped } = await passphraseMasterKey(['a passphrase of a test'], salt).wrap(key, name)
  const bytes = Buffer.from(wrapped, 'base64url')
  const framed = ['nx1-key', name.organizationId, '3'].map((part) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.length)
    return Buffer.concat([length, Buffer.from(part)])
  })
  const algorithm = { name: 'AES-GCM', iv: bytes.subarray(0, 12), additionalData: Buffer.concat(framed) }
  assert.ok(Buffer.from(await subtle.decrypt(algorithm, derived, bytes.subarray(12))).equals(key))
})

test('AWS KMS keeps data keys, and is told whose they are', async (t) => {
  const { endpoint, calls } = await openTestKms(t)
  const [one, two] = kmsKeys
  await keeps(awsKmsMasterKey({ keys: [one], endpoint }), awsKmsMasterKey({ keys: [two, one], endpoint }))
  const name = nameOf()
  calls.length = 0
  await awsKmsMasterKey({ keys: [one], endpoint }).wrap(key, name)
  const [call] = calls
  assert.equal(calls.length, 1)
  assert.equal(call!.target, 'TrentService.Encrypt')
  assert.equal(call!.KeyId, one)
  assert.equal(call!.Plaintext, key.toString('base64'))
  assert.deepEqual(call!.EncryptionContext, {
    'nexus:organization': name.organizationId,
    'nexus:version': '3',
  })
  // The region of the key, not that of the machine.
  assert.match(call!.authorization, /Credential=AKIDOFATEST\/\d{8}\/eu-central-1\/kms\/aws4_request/)
})

test('when AWS KMS does not answer well, it is away, and nothing is told', async (t) => {
  const { endpoint, state, calls } = await openTestKms(t)
  const name = nameOf()
  const wrapped = await awsKmsMasterKey({ keys: [kmsKeys[0]], endpoint }).wrap(key, name)
  const master = awsKmsMasterKey({ keys: [kmsKeys[0]], endpoint, timeoutMs: 1_500 })
  const says = (type: string) => `{"__type":"${type}","message":"canary"}`
  const ways: Record<string, NonNullable<typeof state.instead>> = {
    'an error of its own': (response) => response.writeHead(500).end(says('KMSInternalException')),
    'too many calls': (response) => response.writeHead(400).end(says('ThrottlingException')),
    'no right to': (response) => response.writeHead(400).end(says('AccessDeniedException')),
    'a key that is switched off': (response) => response.writeHead(400).end(says('DisabledException')),
    'no answer': () => {},
    'a connection that is cut': (response) => response.destroy(),
    'no JSON': (response) => response.writeHead(200).end('<html>canary'),
  }
  for (const [way, instead] of Object.entries(ways)) {
    state.instead = instead
    await assert.rejects(master.wrap(key, name), unavailable, way)
    await assert.rejects(master.unwrap(wrapped, name), unavailable, way)
  }
  for (const [way, body] of Object.entries({ nothing: '{}', 'a short key': '{"Plaintext":"AAAA"}' })) {
    state.instead = (response) => response.end(body)
    await assert.rejects(master.unwrap(wrapped, name), Unsealable, way)
  }
  // What passes is tried again within the call.
  state.instead = (response) => {
    state.instead = null
    response.writeHead(500).end(says('KMSInternalException'))
  }
  const before = calls.length
  assert.ok((await master.unwrap(wrapped, name)).equals(key))
  assert.equal(calls.length - before, 2)
  await assert.rejects(awsKmsMasterKey({ keys: ['no-such-key'], endpoint }).wrap(key, name), unavailable)
})

test('Vault keeps data keys, and has their names bound to them', async (t) => {
  const { address, asked, state } = await openTestVault(t)
  const vault = openVault({ address, entry: { token: state.token } })
  await keeps(
    transitMasterKey(vault, 'transit', ['nexus']),
    transitMasterKey(vault, 'transit', ['other', 'nexus']),
  )
  assert.deepEqual(asked[0], {
    path: '/v1/transit/encrypt/nexus',
    token: state.token,
    body: { plaintext: key.toString('base64'), associated_data: asked[0]!.body.associated_data! },
  })
})

test('when Vault does not answer well, it is away, and nothing is told', async (t) => {
  const { address, state } = await openTestVault(t)
  const master = transitMasterKey(
    openVault({ address, entry: { token: state.token }, timeoutMs: 250 }),
    'transit',
    ['nexus'],
  )
  const name = nameOf()
  const wrapped = await master.wrap(key, name)
  for (const [way, { instead }] of Object.entries(badWays)) {
    state.instead = instead
    await assert.rejects(master.wrap(key, name), unavailable, way)
    await assert.rejects(master.unwrap(wrapped, name), unavailable, way)
  }
  state.instead = null
  assert.ok((await master.unwrap(wrapped, name)).equals(key))
  const missing = transitMasterKey(openVault({ address, entry: { token: state.token } }), 'transit', ['none'])
  await assert.rejects(missing.wrap(key, name), unavailable)
})

test('the environment says who keeps the master key, and others that it names still unwrap', async (t) => {
  const kms = await openTestKms(t)
  const { address, state } = await openTestVault(t)
  const secret = 's'.repeat(32)
  const keeper = (env: Record<string, string>) =>
    openMasterKey(readEnv(environment, { NEXUS_DATA_DIR: dataDir, ...env }), secret)
  const dataDir = tempDir(t)
  const settings: Record<string, Record<string, string>> = {
    local: {},
    key: { NEXUS_MASTER_KEY: randomBytes(32).toString('base64') },
    passphrase: { NEXUS_MASTER_PASSPHRASE: 'a passphrase of a test' },
    kms: { NEXUS_KEYS: 'aws-kms', NEXUS_KMS_KEYS: kmsKeys.join(), NEXUS_KMS_ENDPOINT: kms.endpoint },
    transit: {
      ...{ NEXUS_KEYS: 'vault-transit', NEXUS_TRANSIT_KEYS: 'nexus' },
      ...{ VAULT_ADDR: address, VAULT_TOKEN: state.token },
    },
  }
  const name = nameOf()
  const schemes: string[] = []
  for (const [from, env] of Object.entries(settings)) {
    const wrapped = await keeper(env).wrap(key, name)
    schemes.push(wrapped.master.split(':')[0]!)
    for (const [to, now] of Object.entries(settings)) {
      const bothLocal = 'NEXUS_MASTER_KEY' in env && 'NEXUS_MASTER_PASSPHRASE' in now
      const both = {
        ...env,
        ...(bothLocal && {
          NEXUS_MASTER_KEY: '',
          NEXUS_MASTER_KEY_PREVIOUS: settings.key!.NEXUS_MASTER_KEY!,
        }),
        ...(from === 'passphrase' && to === 'key'
          ? { NEXUS_MASTER_PASSPHRASE: '', NEXUS_MASTER_PASSPHRASE_PREVIOUS: env.NEXUS_MASTER_PASSPHRASE! }
          : {}),
        NEXUS_KEYS: 'local',
        ...now,
      }
      const moved = keeper(both)
      assert.ok((await moved.unwrap(wrapped, name)).equals(key), `${from} to ${to}`)
    }
    if (from !== 'local') await assert.rejects(keeper({}).unwrap(wrapped, name), Unsealable)
  }
  assert.deepEqual(schemes, ['local', 'local', 'passphrase', 'aws-kms', 'vault-transit'])
  assert.throws(() => keeper({ NEXUS_KEYS: 'aws-kms' }), /needs NEXUS_KMS_KEYS/)
  assert.throws(() => keeper({ NEXUS_KEYS: 'vault-transit' }), /needs NEXUS_TRANSIT_KEYS/)
  assert.throws(
    () => keeper({ NEXUS_KEYS: 'vault-transit', NEXUS_TRANSIT_KEYS: 'nexus' }),
    /needs VAULT_ADDR/,
  )
  assert.throws(() => keeper({ ...settings.key, ...settings.passphrase }), /give one/)
})
