import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  verifyAuthenticationResponse,
} from '@simplewebauthn/server'
import { sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import { isId, newId } from '#kit/id.ts'
import { challengeSeconds } from '../rules.ts'
import type { FoundPasskey, PasskeyRow, Purpose, Tables } from '../tables.ts'
import type { Around } from './around.ts'
import { algorithms, clientDataOf, readAssertion, type Site, verifyRegistration } from './assertion.ts'
import * as challenges from './challenge.ts'

const siteOf = ({ publicUrl }: Pick<Around, 'publicUrl'>): Site => {
  const { origin, hostname } = new URL(publicUrl())
  return { origin, rpId: hostname }
}
const bytesOf = (challenge: string) => new Uint8Array(Buffer.from(challenge, 'base64url'))
const timeout = challengeSeconds * 1_000

/** What a device calls an account by: its id, which says nothing of the person. */
const handleOf = (accountId: string) => new Uint8Array(Buffer.from(accountId.replaceAll('-', ''), 'hex'))

export const listOf = async (db: Db<Tables>, accountId: string): Promise<PasskeyRow[]> =>
  (await sql<PasskeyRow>`select * from identity.passkeys_of(${accountId})`.execute(db)).rows

const described = (passkeys: readonly PasskeyRow[]) =>
  passkeys.map(({ credentialId: id, transports }) => ({ id, transports }))

/** What a browser needs to make a passkey of an account. */
export async function startRegistration(
  around: Pick<Around, 'db' | 'publicUrl'>,
  accountId: string,
  email: string,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const known = await listOf(around.db, accountId)
  const challenge = await challenges.open(around.db, 'register', accountId)
  return generateRegistrationOptions({
    rpName: 'Nexus',
    rpID: siteOf(around).rpId,
    userName: email,
    userDisplayName: email,
    userID: handleOf(accountId),
    challenge: bytesOf(challenge),
    timeout,
    attestationType: 'none',
    supportedAlgorithmIDs: algorithms,
    excludeCredentials: described(known),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
}

/** Keeps a passkey that a browser made; null for what does not answer what was asked. */
export async function register(
  around: Pick<Around, 'db' | 'publicUrl'>,
  accountId: string,
  name: string,
  response: unknown,
): Promise<PasskeyRow | null> {
  const { db } = around
  const challenge = clientDataOf(response)
  const asked = challenge && (await challenges.take(db, challenge, 'register'))
  if (!challenge || !asked || asked.accountId !== accountId) return null
  const made = await verifyRegistration(response, challenge, siteOf(around))
  if (!made) return null
  const { id: credentialId, publicKey, counter, transports, backedUp } = made
  const id = newId()
  const { rows } = await sql<{ done: boolean | null }>`
    select identity.add_passkey(${id}, ${accountId}, ${credentialId}, ${Buffer.from(publicKey)}, ${counter},
      ${transports}::text[], ${backedUp}, ${name}) as done`.execute(db)
  if (!rows[0]?.done) return null
  return (await listOf(db, accountId)).find((each) => each.id === id) ?? null
}

type Asking = { accountId: string; bound: string } | null

/**
 * What a browser needs to use a passkey: any that it has for this site, or one of an account. `bound` is what it
 * belongs to: an answer counts for that alone.
 */
export async function startUse(
  around: Pick<Around, 'db' | 'publicUrl'>,
  purpose: Purpose,
  of: Asking,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const known = of ? await listOf(around.db, of.accountId) : []
  const bound = of ? { bound: of.bound } : {}
  const challenge = await challenges.open(around.db, purpose, of?.accountId ?? null, bound)
  return generateAuthenticationOptions({
    rpID: siteOf(around).rpId,
    challenge: bytesOf(challenge),
    timeout,
    userVerification: 'required',
    ...(of && { allowCredentials: described(known) }),
  })
}

async function find(db: Db<Tables>, credentialId: string): Promise<FoundPasskey | null> {
  const { rows } = await sql<FoundPasskey>`select * from identity.find_passkey(${credentialId})`.execute(db)
  return rows[0] ?? null
}

/**
 * The passkey that answers what was asked; null for every other answer. What was asked is spent by it, whatever
 * comes of it.
 */
export async function check(
  around: Pick<Around, 'db' | 'publicUrl'>,
  purpose: Purpose,
  of: Asking,
  response: unknown,
): Promise<FoundPasskey | null> {
  const { db } = around
  const given = readAssertion(response)
  const challenge = given && clientDataOf(given)
  const asked = challenge && (await challenges.take(db, challenge, purpose))
  if (!given || !challenge || !asked) return null
  if (asked.accountId !== (of?.accountId ?? null) || asked.data.bound !== of?.bound) return null
  const passkey = await find(db, given.id)
  if (!passkey || (of && passkey.accountId !== of.accountId)) return null
  const handle = given.response.userHandle
  const isTheirs = handle === Buffer.from(handleOf(passkey.accountId)).toString('base64url')
  // Who is not known yet says so; who is may leave it out.
  if (!isTheirs && (handle !== undefined || !of)) return null
  const used = await verified(passkey, given, challenge, siteOf(around))
  if (!used) return null
  const { rows } = await sql<{ done: boolean | null }>`
    select identity.use_passkey(${passkey.id}, ${passkey.counter}, ${used.newCounter}, ${used.credentialBackedUp})
      as done`.execute(db)
  return rows[0]?.done ? passkey : null
}

async function verified(
  { credentialId: id, publicKey, counter }: FoundPasskey,
  response: NonNullable<ReturnType<typeof readAssertion>>,
  expectedChallenge: string,
  { origin, rpId }: Site,
) {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      credential: { id, publicKey: new Uint8Array(publicKey), counter },
      requireUserVerification: true,
    })
    return verified ? authenticationInfo : null
  } catch {
    // The library says by throwing what is wrong with an answer: here it is only wrong.
    return null
  }
}

/** Whether the account had it. */
export async function remove(db: Db<Tables>, accountId: string, id: string): Promise<boolean> {
  if (!isId(id)) return false
  const { rows } = await sql<{ done: boolean }>`
    select identity.remove_passkey(${accountId}, ${id}) as done`.execute(db)
  return rows[0]!.done
}
