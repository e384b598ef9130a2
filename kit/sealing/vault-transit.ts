import { z } from 'zod'
import { unavailable } from '../errors.ts'
import { shaped, type Vault, VaultError } from '../vault.ts'
import { Unsealable } from './cipher.ts'
import { bindingOf, keyBytes, type MasterKey } from './master.ts'

const encrypted = z.object({ data: z.object({ ciphertext: z.string().startsWith('vault:v') }) })
const decrypted = z.object({ data: z.object({ plaintext: z.base64() }) })

/**
 * A master key that never leaves Vault's transit engine: one of a type with authentication, such as `aes256-gcm96`,
 * to which the organization and the version of a data key are bound as associated data.
 * @param keys names of keys below the mount: the first wraps, all of them unwrap
 */
export function transitMasterKey(
  vault: Vault,
  mount: string,
  keys: readonly [string, ...string[]],
): MasterKey {
  const [current] = keys
  const idOf = (key: string) => `vault-transit:${mount}/${key}`
  return {
    id: async () => idOf(current),
    knows: (master) => keys.some((key) => idOf(key) === master),
    async wrap(key, name) {
      const asked = {
        plaintext: key.toString('base64'),
        associated_data: bindingOf(name).toString('base64'),
      }
      const answer = await vault.ask(`${mount}/encrypt/${current}`, asked).catch(away)
      const { success, data } = encrypted.safeParse(answer)
      if (!success) throw unavailable()
      return { master: idOf(current), wrapped: data.data.ciphertext }
    },
    async unwrap({ master, wrapped }, name) {
      const key = keys.find((each) => idOf(each) === master)
      if (!key)
        throw new Unsealable('It was wrapped by a key of Vault that is not among those that were given')
      const asked = { ciphertext: wrapped, associated_data: bindingOf(name).toString('base64') }
      try {
        const { data } = shaped(decrypted, await vault.ask(`${mount}/decrypt/${key}`, asked))
        const plain = Buffer.from(data.plaintext, 'base64')
        if (plain.length === keyBytes) return plain
      } catch (error) {
        if (!(error instanceof VaultError) || error.reason !== 'rejected') away(error)
      }
      throw new Unsealable('Vault did not wrap it by this key for this name')
    },
  }
}

function away(error: unknown): never {
  throw error instanceof VaultError ? unavailable() : error
}
