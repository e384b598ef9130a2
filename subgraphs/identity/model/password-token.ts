import { sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import { passwordResetHours } from '../rules.ts'
import type { Tables } from '../tables.ts'
import type { PasswordToken } from './account.ts'
import { hashOf, newSecret } from './secret.ts'

/** Whose password a token sets now, if anybody's. */
export async function accountOf(db: Db<Tables>, token: string): Promise<string | null> {
  const { rows } = await sql<{ id: string | null }>`
    select identity.account_of_password_token(${hashOf(token)}) as id`.execute(db)
  return rows[0]?.id ?? null
}

/** Gives a token that sets another password of an account; those before it end. */
export async function startReset(db: Db<Tables>, accountId: string): Promise<PasswordToken> {
  const token = newSecret()
  const expiresAt = new Date(Date.now() + passwordResetHours * 3_600_000)
  await sql`select identity.put_password_reset(${accountId}, ${hashOf(token)}, ${expiresAt})`.execute(db)
  return { token, expiresAt }
}

/** Sets a password by a token, which is over then. Answers whether it was good for that. */
export async function spend(db: Db<Tables>, token: string, passwordHash: string): Promise<boolean> {
  const { rows } = await sql<{ done: boolean | null }>`
    select identity.set_password(${hashOf(token)}, ${passwordHash}) as done`.execute(db)
  return rows[0]?.done === true
}
