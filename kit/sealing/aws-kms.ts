import type { KMSClient } from '@aws-sdk/client-kms'
import { unavailable } from '../errors.ts'
import { Unsealable } from './cipher.ts'
import { type KeyName, keyBytes, type MasterKey } from './master.ts'

// What AWS says when it is not the key, or not the context, that a data key was wrapped with.
const foreign = ['InvalidCiphertextException', 'IncorrectKeyException']

const contextOf = ({ organizationId, version }: KeyName) => ({
  'nexus:organization': organizationId,
  'nexus:version': String(version),
})
const idOf = (key: string) => `aws-kms:${key}`

/**
 * A master key that never leaves AWS KMS. The organization and the version of a data key are its encryption context,
 * which CloudTrail shows and policies may ask for. Credentials are found as AWS's own tools find them.
 * @param options.keys ids, ARNs or aliases: the first wraps, all of them unwrap
 * @param options.timeoutMs for a call with its repetitions, 5 s unless said
 */
export function awsKmsMasterKey(options: {
  keys: readonly [string, ...string[]]
  endpoint?: string | undefined
  timeoutMs?: number
}): MasterKey {
  const { keys, endpoint, timeoutMs = 5_000 } = options
  const [current] = keys
  const region = /^arn:[^:]*:kms:([^:]+):/.exec(current)?.[1]
  let opened: Promise<KMSClient> | undefined
  const open = async () => {
    const sdk = await import('@aws-sdk/client-kms')
    opened ??= Promise.resolve(
      new sdk.KMSClient({ ...(region && { region }), ...(endpoint && { endpoint }), maxAttempts: 3 }),
    )
    return { sdk, client: await opened }
  }
  const limits = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) })
  return {
    id: async () => idOf(current),
    knows: (master) => keys.some((key) => idOf(key) === master),
    async wrap(key, name) {
      const { sdk, client } = await open()
      const asked = new sdk.EncryptCommand({
        ...{ KeyId: current, Plaintext: key, EncryptionContext: contextOf(name) },
      })
      const { CiphertextBlob } = await client.send(asked, limits()).catch(refused)
      if (!CiphertextBlob?.length) throw unavailable()
      return { master: idOf(current), wrapped: Buffer.from(CiphertextBlob).toString('base64url') }
    },
    async unwrap({ master, wrapped }, name) {
      const KeyId = keys.find((key) => idOf(key) === master)
      if (!KeyId)
        throw new Unsealable('It was wrapped by a key of AWS KMS that is not among those that were given')
      const { sdk, client } = await open()
      const CiphertextBlob = Buffer.from(wrapped, 'base64url')
      const asked = new sdk.DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext: contextOf(name) })
      const { Plaintext } = await client.send(asked, limits()).catch(refused)
      if (Plaintext?.length !== keyBytes) throw new Unsealable('AWS KMS gave something else than a data key')
      return Buffer.from(Plaintext)
    },
  }
}

function refused(error: unknown): never {
  if (foreign.includes((error as Error).name))
    throw new Unsealable('AWS KMS did not wrap it by this key for this name')
  throw unavailable()
}
