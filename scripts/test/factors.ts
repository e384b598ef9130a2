/** The vocabulary of second factors for tests. */
import { generate } from 'otplib'
import type { Answer, Visitor } from '../test-house.ts'

export type Totp = { secret: string }

/** The code of an authenticator now, or so many steps of 30 seconds from now. */
export const codeAt = ({ secret }: Totp, steps = 0, now = Date.now()): Promise<string> =>
  generate({ secret, epoch: Math.floor(now / 1_000) + steps * 30 })

export const refusal = ({ status, body }: Answer) => [status, body.error?.code]

/** Sets up an authenticator for who is in a session; the code of now is taken by it. */
export async function enrolTotp(visitor: Visitor): Promise<Totp & { recoveryCodes: string[] }> {
  const { body } = await visitor.rest('POST', '/auth/totp', {})
  const { secret } = body.data
  const confirmed = await visitor.rest('POST', '/auth/totp/confirm', { code: await codeAt({ secret }) })
  return { secret, recoveryCodes: confirmed.body.data.recoveryCodes }
}
