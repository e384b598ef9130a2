import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import { type Db, inTenant, type Trx } from '#kit/database.ts'
import { forbidden, NexusError } from '#kit/errors.ts'
import type { Member } from '#kit/viewer.ts'
import { freshMinutes, type Method, secondMethods, signInTries } from '../rules.ts'
import type { Tables } from '../tables.ts'
import type { Around } from './around.ts'
import * as factors from './factor.ts'
import { verifyPassword } from './password.ts'
import { type Given, oneOf, proves } from './second-step.ts'
import * as sessions from './session.ts'

export type InSession = Member & { sessionId: string }

const wrong = () => forbidden('That is not right')

/** How an account proves itself once more: by its second factor, where it has one. */
async function methodsOf(db: Db<Tables>, accountId: string): Promise<Method[]> {
  const methods = secondMethods(await factors.of(db, accountId))
  return methods.length > 0 ? methods : ['password']
}

const stale = (methods: Method[]) =>
  new NexusError('REAUTHENTICATION_REQUIRED', 'Prove once more that it is you', [], { methods })

/** Throws REAUTHENTICATION_REQUIRED unless the session has proved within ten minutes who it is of. */
export async function requireFresh(trx: Trx<Tables>, { sessionId, accountId }: InSession): Promise<void> {
  const fresh = await trx
    .selectFrom('sessions')
    .select('id')
    .where('id', '=', sessionId)
    .where('endedAt', 'is', null)
    .where('provedAt', '>', sql<Date>`now() - make_interval(mins => ${freshMinutes})`)
    .executeTakeFirst()
  if (!fresh) throw stale(await methodsOf(trx, accountId))
}

/** The same for who acts in a session; keys and services have none to prove. */
export async function requireFreshPerson(trx: Trx<Tables>, member: Member): Promise<void> {
  const { sessionId } = member
  if (sessionId) await requireFresh(trx, { ...member, sessionId })
}

/** Throws FORBIDDEN for a wrong one, and RATE_LIMITED after ten tries within 15 minutes. Answers what it is kept as. */
export async function checkPassword(
  { db, shared, keys }: Pick<Around, 'db' | 'shared' | 'keys'>,
  accountId: string,
  password: string,
): Promise<string> {
  const tries = shared.limiter('sign-in', signInTries)
  const counter = keys.digest('inside', accountId).toString('base64url')
  await tries.consume(counter).catch((refusal: unknown) => {
    throw refusal instanceof Error
      ? refusal
      : new NexusError('RATE_LIMITED', 'Too many tries; wait a quarter of an hour')
  })
  const { rows } = await sql<{ hash: string | null }>`
    select identity.password_of(${accountId}) as hash`.execute(db)
  const hash = rows[0]?.hash ?? null
  if (!(await verifyPassword(hash, password)) || hash === null) throw wrong()
  await tries.reward(counter)
  return hash
}

/** Throws FORBIDDEN unless one of them proves the account, and as `proves` does. */
export async function checkSecond(around: Around, member: InSession, given: Given): Promise<void> {
  const { accountId, sessionId } = member
  const counter = factors.strangersAt(around.keys, accountId)
  if (!(await proves(around, accountId, given, { counter, bound: sessionId, purpose: 'prove' })))
    throw wrong()
}

/**
 * Proves once more who a session is of: by the password, where the account has no second factor. Throws FORBIDDEN for
 * what is wrong, REAUTHENTICATION_REQUIRED for a password that is not enough, and RATE_LIMITED.
 */
export async function prove(
  around: Around,
  member: InSession,
  { password, ...given }: Given & { password?: string | null | undefined },
): Promise<Date> {
  oneOf({ password, ...given })
  const { accountId, organizationId, sessionId } = member
  if (password !== null && password !== undefined) {
    const methods = await methodsOf(around.db, accountId)
    if (!methods.includes('password')) throw stale(methods)
    await checkPassword(around, accountId, password)
  } else await checkSecond(around, member, given)
  const proved = await inTenant(around.db, { organizationId }, async (trx) => {
    const before = await sessions.find(trx, sessionId)
    const after = await trx
      .updateTable('sessions')
      .set({ provedAt: sql<Date>`now()` })
      .where('id', '=', sessionId)
      .returningAll()
      .executeTakeFirstOrThrow()
    note({ type: 'Session', id: sessionId, before, after })
    return after
  })
  return new Date(proved.provedAt.getTime() + freshMinutes * 60_000)
}
