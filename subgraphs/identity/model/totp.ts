import { sql } from 'kysely'
import { generateSecret, generateURI, verify } from 'otplib'
import type { Db } from '#kit/database.ts'
import { NexusError } from '#kit/errors.ts'
import type { Tables, TotpRow } from '../tables.ts'
import type { Around } from './around.ts'

const periodSeconds = 30
const nobodys = '00000000-0000-0000-0000-000000000000'
const placeOf = (accountId: string) => ({
  organizationId: nobodys,
  table: 'identity.totp_secrets',
  column: 'sealed',
  row: accountId,
})

export type Started = { secret: string; url: string }

/** A secret that counts once a code of it was given. Throws CONFLICT where there is one that counts. */
export async function start(
  { db, sealing }: Pick<Around, 'db' | 'sealing'>,
  accountId: string,
  email: string,
): Promise<Started> {
  const secret = generateSecret()
  return db.transaction().execute(async (trx) => {
    const sealed = await sealing.seal(trx, placeOf(accountId), secret)
    const { rows } = await sql<{ done: boolean | null }>`
      select identity.put_totp(${accountId}, ${sealed}) as done`.execute(trx)
    if (!rows[0]?.done) throw new NexusError('CONFLICT', 'There is an authenticator already; remove it first')
    return { secret, url: generateURI({ issuer: 'Nexus', label: email, secret, period: periodSeconds }) }
  })
}

async function find(db: Db<Tables>, accountId: string): Promise<TotpRow | null> {
  const { rows } = await sql<TotpRow>`select * from identity.find_totp(${accountId})`.execute(db)
  return rows[0] ?? null
}

/**
 * Whether it is the code of now, of 30 seconds ago or of 30 seconds ahead, and none that was taken before. The first
 * one makes the secret count, with `confirming`.
 */
export async function check(
  { db, sealing }: Pick<Around, 'db' | 'sealing'>,
  accountId: string,
  code: string,
  { confirming = false } = {},
): Promise<boolean> {
  const token = code.replaceAll(/\s/g, '')
  const found = await find(db, accountId)
  if (!found || !/^\d{6}$/.test(token) || (found.confirmedAt === null) !== confirming) return false
  return db.transaction().execute(async (trx) => {
    const secret = await sealing.open(trx, placeOf(accountId), found.sealed)
    const result = await verify({ secret, token, period: periodSeconds, epochTolerance: periodSeconds })
    if (!result.valid || !('timeStep' in result)) return false
    const { rows } = await sql<{ done: boolean | null }>`
      select identity.take_totp_step(${accountId}, ${found.sealed}, ${result.timeStep}, ${confirming}) as done`.execute(
      trx,
    )
    return rows[0]?.done === true
  })
}

/** Whether there was one to remove. */
export async function remove(db: Db<Tables>, accountId: string): Promise<boolean> {
  const { rows } = await sql<{ done: boolean }>`select identity.remove_totp(${accountId}) as done`.execute(db)
  return rows[0]!.done
}
