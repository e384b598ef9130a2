import { sql } from 'kysely'
import { z } from 'zod'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { forbidden, invalid, NexusError, notFound } from '#kit/errors.ts'
import { newId } from '#kit/id.ts'
import type { Sealing } from '#kit/sealing/sealing.ts'
import { type Member, may } from '#kit/viewer.ts'
import type { SsoConnectionRow, Tables } from '../tables.ts'
import { current } from './authority.ts'
import { unchangedSince } from './change.ts'
import * as organizations from './organization.ts'
import * as users from './user.ts'

const text = (most: number) =>
  z.string().trim().min(1, 'Must be given').max(most, `At most ${most} characters`)
const isIssuer = (given: string) => {
  if (!URL.canParse(given)) return false
  const { protocol, username, password, search, hash } = new URL(given)
  return /^https?:$/.test(protocol) && !username && !password && !search && !hash
}
const role = z.enum(['admin', 'manager', 'analyst', 'viewer'], 'This role is for keys, not for people')
const domain = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/,
    'Must be domains such as acme.example',
  )
const shape = z.object({
  issuer: text(1_000).refine(isIssuer, 'Must be the address of a provider, as it names itself'),
  clientId: text(500),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'Must be names of scopes')).max(20),
  groupClaim: text(200).nullable(),
  roleMap: z.array(z.object({ group: text(255), role })).max(200, 'At most 200 groups'),
  defaultRole: role.nullable(),
  domains: z.array(domain).max(50, 'At most 50 domains'),
  isJit: z.boolean(),
  isEnabled: z.boolean(),
  isRequired: z.boolean(),
  breakGlassUserId: z.guid('Must be the id of a user').nullable(),
})
type Fields = z.infer<typeof shape>
export type ConnectionChange = { [Name in keyof Fields]?: unknown } & {
  clientSecret?: string | null | undefined
  expectedVersion?: number | null | undefined
}

const initial = {
  scopes: ['openid', 'profile', 'email'],
  groupClaim: null,
  roleMap: [],
  defaultRole: null,
  domains: [],
  isJit: false,
  isEnabled: false,
  isRequired: false,
  breakGlassUserId: null,
}

/** The organization's connection, or null. */
export const find = async (db: Db<Tables>): Promise<SsoConnectionRow | null> =>
  (await db.selectFrom('ssoConnections').selectAll().where('removedAt', 'is', null).executeTakeFirst()) ??
  null

/** Where a connection's secret is sealed. */
export const placeOf = ({ organizationId, id }: Pick<SsoConnectionRow, 'organizationId' | 'id'>) => ({
  ...{ organizationId, row: id },
  table: 'identity.sso_connections',
  column: 'client_secret_sealed',
})

function read(wanted: unknown): Fields {
  const { success, data, error } = shape.safeParse(wanted)
  if (success) return { ...data, scopes: [...new Set(['openid', ...data.scopes])] }
  const details = error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
  throw new NexusError('VALIDATION_ERROR', 'Invalid request parameters', details)
}

/**
 * Makes or changes the connection of the viewer's organization; what is left out stays. Throws FORBIDDEN for keys and
 * for who may not, CONFLICT when it has changed, and VALIDATION_ERROR.
 */
export async function set(
  { trx, sealing }: { trx: Trx<Tables>; sealing: Sealing },
  by: Member,
  { clientSecret, expectedVersion, ...wanted }: ConnectionChange,
): Promise<{ before: SsoConnectionRow | null; after: SsoConnectionRow }> {
  await administer(trx, by)
  const { organizationId } = by
  const known = await trx.selectFrom('ssoConnections').selectAll().executeTakeFirst()
  const before = known && known.removedAt === null ? known : null
  if (before) unchangedSince(before, expectedVersion)
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined))
  const next = read({ ...initial, ...before, ...given })
  if (next.isRequired) await lastsWithout(trx, next)
  const id = known?.id ?? newId()
  const isElsewhere = before !== null && next.issuer !== before.issuer
  // A secret is for the provider that gave it: another one would learn it.
  const kept = before && !isElsewhere ? before.clientSecretSealed : null
  const sealed = clientSecret ? await sealing.seal(trx, placeOf({ organizationId, id }), clientSecret) : kept
  const values = {
    ...next,
    roleMap: sql<never>`${JSON.stringify(next.roleMap)}::jsonb`,
    clientSecretSealed: clientSecret === null ? null : sealed,
    removedAt: null,
    ...(isElsewhere && { testedAt: null }),
  }
  const after = await trx
    .insertInto('ssoConnections')
    .values({ organizationId, id, ...values })
    .onConflict((conflict) =>
      conflict
        .column('organizationId')
        .doUpdateSet((eb) => ({ ...values, ...changing, version: eb('ssoConnections.version', '+', 1) })),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'SsoConnection', id, before, after })
  return { before, after }
}

const changing = { updatedAt: sql<Date>`now()` }

/** Throws VALIDATION_ERROR unless somebody comes in when the provider does not answer. */
async function lastsWithout(trx: Trx<Tables>, { isEnabled, breakGlassUserId }: Fields): Promise<void> {
  if (!isEnabled) throw invalid('isRequired', 'Only a connection that is enabled can be the only way in')
  const [user] = breakGlassUserId ? await users.find(trx, [breakGlassUserId]) : []
  if (user?.role !== 'admin' || user.disabledAt)
    throw invalid('breakGlassUserId', 'Must be an admin, who may still come in without the provider')
}

/** Throws FORBIDDEN unless the viewer changes the organization, as they are now, and is a person. */
async function administer(trx: Trx<Tables>, by: Member): Promise<void> {
  if (by.apiKeyId) throw forbidden('This is for people who have signed in')
  await organizations.lock(trx, by.organizationId)
  if (!may(await current(trx, by), 'organization:write')) throw forbidden()
}

/** Ends single sign-on, and with it the sessions that it opened. Throws NOT_FOUND and FORBIDDEN. */
export async function remove(
  trx: Trx<Tables>,
  by: Member,
): Promise<{ before: SsoConnectionRow; after: SsoConnectionRow }> {
  await administer(trx, by)
  const before = await find(trx)
  if (!before) throw notFound('Connection')
  const after = await trx
    .updateTable('ssoConnections')
    .set((eb) => ({
      isEnabled: false,
      isRequired: false,
      clientSecretSealed: null,
      removedAt: sql<Date>`now()`,
      ...changing,
      version: eb('version', '+', 1),
    }))
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'SsoConnection', id: before.id, before, after })
  return { before, after }
}

export const markTested = async (trx: Trx<Tables>, { id, version }: SsoConnectionRow): Promise<void> => {
  const tested = { testedAt: sql<Date>`now()` }
  await trx
    .updateTable('ssoConnections')
    .set(tested)
    .where('id', '=', id)
    .where('version', '=', version)
    .execute()
}

/** The connection that people sign in by, of an organization's short name; null where there is none. */
export async function bySlug(
  inTenant: <Result>(
    tenant: { slug: string } | { organizationId: string },
    work: (trx: Trx<Tables>) => Promise<Result>,
  ) => Promise<Result>,
  slug: string,
): Promise<SsoConnectionRow | null> {
  const organization = await inTenant({ slug }, (trx) =>
    trx.selectFrom('organizations').select('id').where('slug', '=', slug).executeTakeFirst(),
  )
  if (!organization) return null
  const found = await inTenant({ organizationId: organization.id }, find)
  return found?.isEnabled ? found : null
}
