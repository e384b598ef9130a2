import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import { type Context, callPeer } from '#kit/context.ts'
import { type Db, inTenant, type Trx } from '#kit/database.ts'
import type { Erasures } from '#kit/erasures.ts'
import { forbidden, notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import * as journal from '#kit/journal.ts'
import { eraseRecords, personField, type Records, recordsOf } from '#kit/people.ts'
import { type Member, signedIn } from '#kit/viewer.ts'
import { people, peopleElsewhere } from '../people.ts'
import type { Tables, UserRow } from '../tables.ts'
import { current, governs } from './authority.ts'
import * as organizations from './organization.ts'
import * as sessions from './session.ts'
import * as connections from './sso-connection.ts'
import * as users from './user.ts'

async function known(trx: Trx<Tables>, id: string): Promise<UserRow> {
  const [user] = isId(id) ? await users.find(trx, [id]) : []
  if (!user || user.erasedAt) throw notFound('User')
  return user
}

export type Exported = { user: UserRow; records: Records[]; exportedAt: Date }

/**
 * Everything that is kept of a member in this organization. Others than themselves need to govern them. Throws
 * NOT_FOUND, FORBIDDEN, and SERVICE_UNAVAILABLE where a part does not answer: half of it is none.
 */
export async function exported(context: Context<Tables>, id: string): Promise<Exported> {
  const by = signedIn(context.viewer)
  // A key is not who made it: it tells of them what it may tell of anybody.
  const isOwn = id.toLowerCase() === by.userId && !by.apiKeyId
  const { user, records } = await context.tenant(async (trx) => {
    const as = await current(trx, by)
    if (!isOwn) governs(as, as.role)
    const user = await known(trx, id)
    if (!isOwn) governs(as, user.role)
    const records = await recordsOf(trx, people, { userId: user.id, email: user.email })
    if (!isOwn) return { user, records }
    // Of all organizations: theirs alone to see.
    const { rows } = await sql`select last_seen_at from identity.places_of(${user.accountId})`.execute(trx)
    return { user, records: [...records, { table: 'identity.known_places', rows }] }
  })
  for (const subgraph of peopleElsewhere) {
    const { found } = await callPeer<{ found: Records[] }>(
      context,
      subgraph,
      `query ($userId: ID!, $email: String!) { found: ${personField(subgraph)}(userId: $userId, email: $email) }`,
      { userId: user.id, email: user.email },
    )
    records.push(...found)
  }
  return { user, records, exportedAt: new Date() }
}

/** Nothing personal is left but ids, so that what they did stays done by somebody. */
async function erase(trx: Trx<Tables>, user: UserRow): Promise<UserRow> {
  const { rows } = await sql<{ account: string }>`
    select identity.erase_account(${user.accountId}, ${newId()}) as account`.execute(trx)
  const invitations = await trx
    .selectFrom('invitations')
    .select('id')
    .where((eb) => eb.or([eb('email', '=', user.email), eb('acceptedBy', '=', user.id)]))
    .execute()
  for (const id of [user.id, ...invitations.map((each) => each.id)])
    await journal.erase(trx, user.organizationId, id)
  await eraseRecords(trx, people, { userId: user.id, email: user.email })
  // After it, so that the journal is told of sessions without addresses.
  await sessions.end(trx, { userId: user.id }, 'disabled')
  return trx
    .updateTable('users')
    .set((eb) => ({
      accountId: rows[0]!.account,
      disabledAt: sql<Date>`coalesce(disabled_at, now())`,
      erasedAt: sql<Date>`now()`,
      updatedAt: sql<Date>`now()`,
      version: eb('version', '+', 1),
    }))
    .where('id', '=', user.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Forgets a member. Throws NOT_FOUND, and FORBIDDEN for oneself or for who may do more than the viewer. */
export async function forget(trx: Trx<Tables>, by: Member, erasures: Erasures, id: string): Promise<UserRow> {
  await organizations.lock(trx, by.organizationId)
  const as = await current(trx, by)
  const user = await known(trx, id)
  governs(as, user.role)
  if (user.id === by.userId) throw forbidden('Somebody else has to erase you')
  const connection = await connections.find(trx)
  if (connection?.isRequired && connection.breakGlassUserId === user.id)
    throw forbidden('Who is named to come in without the provider stays')
  const erased = await erase(trx, user)
  note({ type: 'User', id: user.id, before: { erased: false }, after: { erased: true } })
  // Last: what fails after it has only to be asked for again.
  erasures.add(by.organizationId, user.id)
  return erased
}

/** Forgets again whom a restored backup has brought back; answers how many. */
export async function forgetAgain(db: Db<Tables>, erasures: Erasures): Promise<number> {
  let count = 0
  for (const organizationId of erasures.organizations())
    await inTenant(db, { organizationId }, async (trx) => {
      const back = await trx.selectFrom('users').selectAll().where('erasedAt', 'is', null).execute()
      for (const user of back.filter(({ id }) => erasures.has(organizationId, id))) {
        await erase(trx, user)
        count += 1
      }
    })
  return count
}
