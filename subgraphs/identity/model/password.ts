import { hash, verify } from '@node-rs/argon2'
import { turns } from '#kit/turns.ts'
import { hardToGuess } from './strength.ts'

// OWASP's parameters for argon2id; about 13 ms of one core each.
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const longest = 1_024

/** At most two hashes at once, so that a flood of sign-ins leaves a core for everyone else; about a second's worth wait. */
const inTurn = turns(2, 100)

export const hashPassword = (password: string): Promise<string> => inTurn(() => hash(password, options))

/**
 * Of a password that somebody has chosen. Throws VALIDATION_ERROR for one that is easy to guess.
 * @param about what strangers know of them
 */
export async function hashChosen(password: string, about: readonly string[]): Promise<string> {
  await hardToGuess(password, about)
  return hashPassword(password)
}

let dummy: Promise<string> | undefined

/** Takes as long for an account that does not exist (`null`) as for one that does. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  dummy ??= hashPassword('nobody')
  const known = passwordHash ?? (await dummy)
  const right = await inTurn(() => verify(known, password.slice(0, longest)))
  return right && passwordHash !== null
}
