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
  id: string
  /** Throws SERVICE_UNAVAILABLE when the keeper of the key does not answer. */
  wrap(key: Buffer, name: KeyName): Promise<Wrapped>
  /** Throws Unsealable for what it has not wrapped, and SERVICE_UNAVAILABLE. */
  unwrap(wrapped: Wrapped, name: KeyName): Promise<Buffer>
}

export const keyBytes = 32

const bindingOf = ({ organizationId, version }: KeyName) => framed(['nx1-key', organizationId, `${version}`])
// It tells one key from another, and nothing of the key.
const idOf = (key: Buffer) =>
  `local:${createHash('sha256').update('nexus-master-key-id').update(key).digest('hex').slice(0, 16)}`

/**
 * Master keys of this process: the first wraps, all of them unwrap.
 * @param keys of 32 bytes each
 */
export function localMasterKey([current, ...previous]: [Buffer, ...Buffer[]]): MasterKey {
  const all = [current, ...previous]
  if (all.some((key) => key.length !== keyBytes)) throw new Error(`A master key has ${keyBytes} bytes`)
  const byId = new Map(all.map((key) => [idOf(key), key]))
  return {
    id: idOf(current),
    async wrap(key, name) {
      const { nonce, sealed } = encrypt(current, key, bindingOf(name))
      return { master: idOf(current), wrapped: Buffer.concat([nonce, sealed]).toString('base64url') }
    },
    async unwrap({ master, wrapped }, name) {
      const key = byId.get(master)
      if (!key) throw new Unsealable(`The master key ${master} is not among those that were given`)
      const bytes = bytesOf(wrapped)
      return decrypt(key, bytes.subarray(0, 12), bytes.subarray(12), bindingOf(name))
    },
  }
}

/** The master key of a house that was given none. */
export const masterKeyOf = (secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, 'nexus', 'master-key', keyBytes))
