import { sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import type { Credentials, Tables } from '../tables.ts'
import { hashPassword } from './password.ts'

export async function find(db: Db<Tables>, email: string): Promise<Credentials | null> {
  const { rows } = await sql<Credentials>`select * from identity.find_account(${email})`.execute(db)
  return rows[0] ?? null
}

/** Adds an account, or gives an existing one this password. Answers its id. */
export async function add(db: Db<Tables>, email: string, password: string): Promise<string> {
  const passwordHash = await hashPassword(password)
  const { rows } = await sql<{ id: string }>`
    select identity.add_account(${newId()}, ${email}, ${passwordHash}) as id`.execute(db)
  return rows[0]!.id
}
