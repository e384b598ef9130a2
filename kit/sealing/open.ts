import type { Environment } from '../env.ts'
import { vaultOf } from '../vault.ts'
import { awsKmsMasterKey } from './aws-kms.ts'
import { eitherMasterKey, localMasterKey, type MasterKey, masterKeyOf } from './master.ts'
import { keptSalt, passphraseMasterKey } from './passphrase.ts'
import { createSealing, type Sealing } from './sealing.ts'
import { transitMasterKey } from './vault-transit.ts'

type Some<Value> = readonly [Value, ...Value[]]
const isSome = <Value>(values: readonly Value[]): values is Some<Value> => values.length > 0
const given = <Value>(...values: (Value | undefined)[]): Value[] =>
  values.filter((each) => each !== undefined)
const bytes = (text: string): Buffer => Buffer.from(text, 'base64')

/**
 * The master key that the environment asks for. What another one has wrapped, whose settings are given too, opens.
 * Throws when a setting that it needs is missing.
 */
export function openMasterKey(env: Environment, secret: string): MasterKey {
  const { NEXUS_KEYS: keeper, NEXUS_MASTER_KEY: key, NEXUS_MASTER_PASSPHRASE: passphrase } = env
  if (key && passphrase)
    throw new Error('NEXUS_MASTER_KEY and NEXUS_MASTER_PASSPHRASE are two master keys: give one')
  const local = localMasterKey([
    ...given(key).map(bytes),
    masterKeyOf(secret),
    ...given(env.NEXUS_MASTER_KEY_PREVIOUS).map(bytes),
    ...given(env.NEXUS_SECRET_PREVIOUS).map(masterKeyOf),
  ] as [Buffer, ...Buffer[]])
  const passphrases = given(passphrase, env.NEXUS_MASTER_PASSPHRASE_PREVIOUS)
  const byPassphrase = isSome(passphrases)
    ? passphraseMasterKey(passphrases, keptSalt(env.NEXUS_DATA_DIR))
    : undefined
  const kms = kmsOf(env)
  const transit = transitOf(env)
  const present = {
    local: passphrase ? byPassphrase : local,
    'aws-kms': kms,
    'vault-transit': transit,
  }[keeper]
  if (!present)
    throw new Error(
      `NEXUS_KEYS=${keeper} needs ${keeper === 'aws-kms' ? 'NEXUS_KMS_KEYS' : 'NEXUS_TRANSIT_KEYS'}`,
    )
  const others = given(local, byPassphrase, kms, transit).filter((each) => each !== present)
  return eitherMasterKey([present, ...others])
}

const kmsOf = ({ NEXUS_KMS_KEYS: keys = [], NEXUS_KMS_ENDPOINT: endpoint }: Environment) =>
  isSome(keys) ? awsKmsMasterKey({ keys, endpoint }) : undefined

function transitOf(env: Environment): MasterKey | undefined {
  const { NEXUS_TRANSIT_KEYS: keys = [], NEXUS_TRANSIT_MOUNT: mount } = env
  return isSome(keys) ? transitMasterKey(vaultOf(env), mount, keys) : undefined
}

/** The sealing that the environment asks for. Throws when a setting that it needs is missing. */
export const openSealing = (env: Environment, secret: string): Sealing =>
  createSealing(openMasterKey(env, secret))
