import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import { recoveryCodeCount } from '../rules.ts'
import type { Tables } from '../tables.ts'

// Crockford's: nothing in it is taken for something else.
const letters = '0123456789abcdefghjkmnpqrstvwxyz'
const length = 16

/** 80 random bits: nobody guesses them, so that a plain hash, bound to the account, is enough to keep them by. */
const hashOf = (accountId: string, code: string): Buffer =>
  createHash('sha256').update(`recovery/${accountId}/${code}`).digest()

const newCode = (): string => Array.from(randomBytes(length), (byte) => letters[byte % 32]).join('')

const read = (text: string): string =>
  text.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1')

/** New codes, told this once; those before are void. */
export async function renew(db: Db<Tables>, accountId: string): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodeCount }, newCode)
  const hashes = codes.map((code) => hashOf(accountId, code))
  await sql`select identity.put_recovery_codes(${accountId}, ${hashes}::bytea[])`.execute(db)
  return codes.map((code) => code.match(/.{4}/g)!.join('-'))
}

/** Whether it is a code of the account that was not used before; it is used then. */
export async function use(db: Db<Tables>, accountId: string, text: string): Promise<boolean> {
  const code = read(text)
  if (code.length !== length) return false
  const { rows } = await sql<{ done: boolean | null }>`
    select identity.use_recovery_code(${accountId}, ${hashOf(accountId, code)}) as done`.execute(db)
  return rows[0]?.done === true
}
