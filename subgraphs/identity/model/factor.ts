import { sql } from 'kysely'
import { type Db, inTenant } from '#kit/database.ts'
import { NexusError } from '#kit/errors.ts'
import type { Shared } from '#kit/redis.ts'
import type { Keys } from '#kit/tokens.ts'
import { factorTries } from '../rules.ts'
import type { Factors, Tables } from '../tables.ts'
import { read } from './settings.ts'

export async function of(db: Db<Tables>, accountId: string): Promise<Factors> {
  const { rows } = await sql<Factors>`select * from identity.factors_of(${accountId})`.execute(db)
  return rows[0]!
}

/** Those of some accounts that have a second factor. */
export async function having(db: Db<Tables>, accountIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    select identity.with_factors(${accountIds}::uuid[]) as id`.execute(db)
  return new Set(rows.map(({ id }) => id))
}

/** Takes all of an account's factors away, and what was begun with them. */
export async function removeAll(db: Db<Tables>, accountId: string): Promise<void> {
  await sql`select identity.remove_factors(${accountId})`.execute(db)
}

/** Whether an organization of the account wants it to have a second factor. */
export const isRequired = (db: Db<Tables>, accountId: string): Promise<boolean> =>
  inTenant(db, { accountId }, async (trx) => {
    const found = await trx
      .selectFrom('users')
      .innerJoin('organizations', 'organizations.id', 'users.organizationId')
      .select('organizations.settings')
      .where('users.disabledAt', 'is', null)
      .execute()
    return found.some(({ settings }) => read(settings).requireSecondFactor)
  })

/** What is counted as one: the guesses of strangers at an account, and what is tried within its sessions. */
export const strangersAt = (keys: Keys, accountId: string): string =>
  keys.digest('second-factor', accountId).toString('base64url')

/**
 * Lets somebody try a second factor, which costs a try unless they are right. Throws RATE_LIMITED after ten within
 * 15 minutes, and nothing is checked then.
 */
export async function guessing(
  shared: Shared,
  counter: string,
  check: () => Promise<boolean>,
): Promise<boolean> {
  const tries = shared.limiter('second-factor', factorTries)
  await tries.consume(counter).catch((refusal: unknown) => {
    throw refusal instanceof Error
      ? refusal
      : new NexusError('RATE_LIMITED', 'Too many tries; wait a quarter of an hour')
  })
  const right = await check()
  // What the right user gains, whoever guesses beside them does not.
  if (right) await tries.reward(counter)
  return right
}
