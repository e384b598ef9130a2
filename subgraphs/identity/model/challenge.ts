import { sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import { challengeSeconds } from '../rules.ts'
import type { ChallengeRow, Purpose, Tables } from '../tables.ts'
import { hashOf, isSecret, newSecret } from './secret.ts'

/** What can be answered once, within five minutes, for one purpose; of an account, where it is known yet. */
export async function open(
  db: Db<Tables>,
  purpose: Purpose,
  accountId: string | null,
  data: Record<string, unknown> = {},
): Promise<string> {
  const challenge = newSecret()
  await sql`select identity.put_challenge(
    ${hashOf(challenge)}, ${purpose}, ${accountId}, ${JSON.stringify(data)}::jsonb, ${challengeSeconds})`.execute(
    db,
  )
  return challenge
}

const reading = (name: 'find_challenge' | 'take_challenge') =>
  async function read(
    db: Db<Tables>,
    challenge: string,
    ...purposes: Purpose[]
  ): Promise<ChallengeRow | null> {
    if (!isSecret(challenge)) return null
    const { rows } = await sql<ChallengeRow>`
      select * from ${sql.id('identity', name)}(${hashOf(challenge)}, ${purposes}::text[])`.execute(db)
    return rows[0] ?? null
  }

/** Null for one that was answered, has run out, or was made for something else. */
export const find = reading('find_challenge')

/** The same, and it is answered from now on: of those who ask at once, one gets it. */
export const take = reading('take_challenge')

/** Makes it one for another purpose, as whom it belongs to goes on. */
export async function turn(db: Db<Tables>, challenge: string, from: Purpose, to: Purpose): Promise<boolean> {
  const { rows } = await sql<{ done: boolean | null }>`
    select identity.turn_challenge(${hashOf(challenge)}, ${from}, ${to}) as done`.execute(db)
  return rows[0]?.done === true
}
