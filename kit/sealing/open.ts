import type { Environment } from '../env.ts'
import { localMasterKey, masterKeyOf } from './master.ts'
import { createSealing, type Sealing } from './sealing.ts'

const given = (text: string | undefined): Buffer[] => (text ? [Buffer.from(text, 'base64')] : [])
const derived = (secret: string | undefined): Buffer[] => (secret ? [masterKeyOf(secret)] : [])

/** The sealing that the environment asks for; what the secret's own master key has wrapped opens in any case. */
export function openSealing(env: Environment, secret: string): Sealing {
  const [current, ...previous] = [...given(env.NEXUS_MASTER_KEY), ...derived(secret)]
  return createSealing(
    localMasterKey([
      current!,
      ...previous,
      ...given(env.NEXUS_MASTER_KEY_PREVIOUS),
      ...derived(env.NEXUS_SECRET_PREVIOUS),
    ]),
  )
}
