import { pbkdf2, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LRUCache } from 'lru-cache'
import { bytesOf, Unsealable } from './cipher.ts'
import { fingerprintOf, keyBytes, type MasterKey, unwrapBy, wrapBy } from './master.ts'

// OWASP's figure for PBKDF2 with SHA-256.
const iterations = 600_000
const saltBytes = 16
const form = /^passphrase:([\w-]{22}):([0-9a-f]{16})$/
const derive = promisify(pbkdf2)

/**
 * A master key that comes from a passphrase, by PBKDF2. What it wraps names its salt, so that any process with the
 * passphrase opens it; to derive takes some tenths of a second, once for each salt.
 * @param passphrases the first wraps, all of them unwrap
 */
export function passphraseMasterKey(
  [current, ...previous]: readonly [string, ...string[]],
  salt: Buffer,
): MasterKey {
  const derived = new LRUCache<string, Promise<Buffer>>({ max: 64 })
  const keyOf = (passphrase: string, by: Buffer): Promise<Buffer> => {
    const name = `${by.toString('base64url')} ${passphrase}`
    const key = derived.get(name) ?? derive(passphrase.normalize('NFKC'), by, iterations, keyBytes, 'sha256')
    derived.set(name, key)
    return key
  }
  const idOf = (key: Buffer, by: Buffer) => `passphrase:${by.toString('base64url')}:${fingerprintOf(key)}`
  return {
    id: async () => idOf(await keyOf(current, salt), salt),
    knows: (master) => form.test(master),
    async wrap(key, name) {
      const master = await keyOf(current, salt)
      return { master: idOf(master, salt), wrapped: wrapBy(master, key, name) }
    },
    async unwrap({ master, wrapped }, name) {
      const [, by = ''] = form.exec(master) ?? []
      for (const passphrase of [current, ...previous]) {
        const key = await keyOf(passphrase, bytesOf(by))
        if (idOf(key, bytesOf(by)) === master) return unwrapBy(key, wrapped, name)
      }
      throw new Unsealable('It was wrapped by another passphrase')
    },
  }
}

/**
 * The salt of a data folder, made up the first time. What is wrapped keeps its salt, so that a process whose folder
 * cannot be written takes one for itself.
 */
export function keptSalt(dataDir: string): Buffer {
  const file = join(dataDir, 'master-salt')
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    writeFileSync(file, randomBytes(saltBytes), { mode: 0o600, flag: 'wx' })
  } catch {
    // It is there, or cannot be.
  }
  try {
    const kept = readFileSync(file)
    if (kept.length === saltBytes) return kept
  } catch {}
  return randomBytes(saltBytes)
}
