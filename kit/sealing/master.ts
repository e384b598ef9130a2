import { createHash, hkdfSync } from 'node:crypto'
import { bytesOf, decrypt, encrypt, framed, Unsealable } from './cipher.ts'

/** Whose data key it is: a wrapped key opens as no other one. */
export type KeyName = { organizationId: string; version: number }
export type Wrapped = {
  /** The id of the master key that wrapped it. */
  master: string
  wrapped: string
}

/** What data keys are wrapped with. The key itself may lie in this process or far away. */
export type MasterKey = {
  /** Of the key that wraps now. */
  id(): Promise<string>
  /** Whether it is one to ask about what names this master key. */
  knows(master: string): boolean
  /** Throws SERVICE_UNAVAILABLE when the keeper of the key does not answer. */
  wrap(key: Buffer, name: KeyName): Promise<Wrapped>
  /** Throws Unsealable for what it has not wrapped, and SERVICE_UNAVAILABLE. */
  unwrap(wrapped: Wrapped, name: KeyName): Promise<Buffer>
}

export const keyBytes = 32

/** The name of a data key as bytes that are bound to it. */
export const bindingOf = ({ organizationId, version }: KeyName) =>
  framed(['nx1-key', organizationId, `${version}`])
/** It tells one key from another, and nothing of the key. */
export const fingerprintOf = (key: Buffer): string =>
  createHash('sha256').update('nexus-master-key-id').update(key).digest('hex').slice(0, 16)
const idOf = (key: Buffer) => `local:${fingerprintOf(key)}`

/** A data key under a master key of this process. */
export function wrapBy(master: Buffer, key: Buffer, name: KeyName): string {
  const { nonce, sealed } = encrypt(master, key, bindingOf(name))
  return Buffer.concat([nonce, sealed]).toString('base64url')
}

/** Throws Unsealable. */
export function unwrapBy(master: Buffer, wrapped: string, name: KeyName): Buffer {
  const bytes = bytesOf(wrapped)
  return decrypt(master, bytes.subarray(0, 12), bytes.subarray(12), bindingOf(name))
}

/**
 * Master keys of this process: the first wraps, all of them unwrap.
 * @param keys of 32 bytes each
 */
export function localMasterKey([current, ...previous]: [Buffer, ...Buffer[]]): MasterKey {
  const all = [current, ...previous]
  if (all.some((key) => key.length !== keyBytes)) throw new Error(`A master key has ${keyBytes} bytes`)
  const byId = new Map(all.map((key) => [idOf(key), key]))
  return {
    id: async () => idOf(current),
    knows: (master) => byId.has(master),
    wrap: async (key, name) => ({ master: idOf(current), wrapped: wrapBy(current, key, name) }),
    async unwrap({ master, wrapped }, name) {
      const key = byId.get(master)
      if (!key) throw new Unsealable(`The master key ${master} is not among those that were given`)
      return unwrapBy(key, wrapped, name)
    },
  }
}

/** The first wraps; each unwraps what is its own. */
export function eitherMasterKey(keys: readonly [MasterKey, ...MasterKey[]]): MasterKey {
  return {
    id: keys[0].id,
    wrap: keys[0].wrap,
    knows: (master) => keys.some((key) => key.knows(master)),
    async unwrap(wrapped, name) {
      const key = keys.find((each) => each.knows(wrapped.master))
      if (!key) throw new Unsealable(`The master key ${wrapped.master} is not among those that were given`)
      return key.unwrap(wrapped, name)
    },
  }
}

/** The master key of a house that was given none. */
export const masterKeyOf = (secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, 'nexus', 'master-key', keyBytes))
