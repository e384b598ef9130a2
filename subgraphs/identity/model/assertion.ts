import {
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { decodeAttestationObject } from '@simplewebauthn/server/helpers'
import { z } from 'zod'

// EdDSA, ES256 and RS256, as COSE counts them: what every device has at least one of.
export const algorithms = [-8, -7, -257]

/** To whom passkeys belong: the address of the page, and the name of its host. */
export type Site = { origin: string; rpId: string }

const encoded = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^[\w-]+$/)
const common = {
  id: encoded(1_400),
  rawId: encoded(1_400),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional().catch(undefined),
  clientExtensionResults: z.looseObject({}).transform(() => ({})),
}
const assertion = z.object({
  ...common,
  response: z.object({
    clientDataJSON: encoded(4_000),
    authenticatorData: encoded(8_000),
    signature: encoded(8_000),
    userHandle: encoded(100)
      .nullish()
      .transform((handle) => handle ?? undefined),
  }),
})
const transports = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const
const registration = z.object({
  ...common,
  response: z.object({
    clientDataJSON: encoded(4_000),
    attestationObject: encoded(16_000),
    transports: z.array(z.string()).max(20).default([]),
  }),
})

/** What a browser answers when a passkey is used; null for what is none. */
export const readAssertion = (response: unknown): AuthenticationResponseJSON | null =>
  (assertion.safeParse(response).data as AuthenticationResponseJSON | undefined) ?? null

const clientData = z.looseObject({ challenge: z.string().max(100), crossOrigin: z.literal(false).optional() })
const holder = z.looseObject({ response: z.looseObject({ clientDataJSON: encoded(4_000) }) })

/** What an answer says that it was asked; null for what is none, and for what was asked in the frame of another page. */
export function clientDataOf(response: unknown): string | null {
  const { data } = holder.safeParse(response)
  if (!data) return null
  try {
    const text = Buffer.from(data.response.clientDataJSON, 'base64url').toString()
    return clientData.safeParse(JSON.parse(text)).data?.challenge ?? null
  } catch {
    return null
  }
}

/** Nobody asked for a proof of make: certificates would have to be looked up elsewhere. */
function isPlain(attestation: string): boolean {
  const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestation, 'base64url')))
  const format = decoded.get('fmt')
  return format === 'none' || (format === 'packed' && decoded.get('attStmt').get('x5c') === undefined)
}

/** The passkey of a browser's answer; null for what does not answer the challenge, or not for this site. */
export async function verifyRegistration(given: unknown, expectedChallenge: string, { origin, rpId }: Site) {
  const { data } = registration.safeParse(given)
  if (!data) return null
  try {
    if (!isPlain(data.response.attestationObject)) return null
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: data as RegistrationResponseJSON,
      expectedChallenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    })
    if (!verified) return null
    const { credential, credentialBackedUp: backedUp } = registrationInfo
    if (credential.id !== data.id) return null
    const told = transports.filter((each) => data.response.transports.includes(each))
    return { ...credential, transports: told as string[], backedUp }
  } catch {
    return null
  }
}
