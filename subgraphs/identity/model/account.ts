import { sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import { passwordTokenHours } from '../rules.ts'
import type { Credentials, Tables } from '../tables.ts'
import { hashPassword } from './password.ts'
import { hashOf, newSecret } from './secret.ts'

/** An account by its e-mail, and which of these places it has signed in from within 30 days. */
export async function find(
  db: Db<Tables>,
  email: string,
  places: readonly Buffer[],
): Promise<Credentials | null> {
  const { rows } = await sql<Credentials>`
    select * from identity.find_account(${email}, ${places}::bytea[])`.execute(db)
  return rows[0] ?? null
}

/** Says that an account has signed in from these places. */
export async function remember(db: Db<Tables>, id: string, places: readonly Buffer[]): Promise<void> {
  await sql`select identity.remember_places(${id}, ${places}::bytea[])`.execute(db)
}

/** Adds an account, or gives an existing one this password. Answers its id. */
export async function add(db: Db<Tables>, email: string, password: string): Promise<string> {
  const passwordHash = await hashPassword(password)
  const { rows } = await sql<{ id: string }>`
    select identity.add_account(${newId()}, ${email}, ${passwordHash}) as id`.execute(db)
  return rows[0]!.id
}

/** What sets a password of an account, once. */
export type PasswordToken = { token: string; expiresAt: Date }
export type Joined = { id: string; created: boolean; passwordToken: PasswordToken | null }

/**
 * The account of an e-mail, which stays as it is when there is one. A new one has the password that was hashed
 * before, or a token that sets it.
 */
export async function join(db: Db<Tables>, email: string, passwordHash: string | null): Promise<Joined> {
  const token = passwordHash ? null : newSecret()
  const expiresAt = new Date(Date.now() + passwordTokenHours * 3_600_000)
  const { rows } = await sql<{ id: string; created: boolean }>`
    select * from identity.join_account(
      ${newId()}, ${email}, ${passwordHash}, ${token && hashOf(token)}, ${token && expiresAt})`.execute(db)
  const { id, created } = rows[0]!
  return { id, created, passwordToken: created && token ? { token, expiresAt } : null }
}

/** An account that no e-mail finds, for a member whom their organization brings in itself. Answers its id. */
export async function addOwn(db: Db<Tables>): Promise<string> {
  const { rows } = await sql<{ id: string }>`select identity.add_own_account(${newId()}) as id`.execute(db)
  return rows[0]!.id
}

/** Whether an account is one of those that belong to one organization alone. */
export async function isOwn(db: Db<Tables>, id: string): Promise<boolean> {
  const { rows } = await sql<{ own: boolean }>`select identity.is_own_account(${id}) as own`.execute(db)
  return rows[0]!.own
}
