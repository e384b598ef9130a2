import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import { type Db, inTenant, type Trx } from '#kit/database.ts'
import { forbidden, invalid, notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import { networkOf } from '#kit/network.ts'
import type { ListSpec } from '#kit/page.ts'
import { type Member, may, type Permission, permissions, permissionsOf } from '#kit/viewer.ts'
import type { ApiKeyRow, Tables } from '../tables.ts'
import { current } from './authority.ts'
import { changed } from './change.ts'
import { requireFreshPerson } from './proof.ts'
import { hashOf, newSecret } from './secret.ts'

export const spec: ListSpec<ApiKeyRow> = {
  table: 'api_keys',
  filter: {
    search: { kind: 'search', columns: ['name', 'hint'] },
    createdBy: { kind: 'id', column: 'createdBy' },
  },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' }, NAME: { column: 'name', type: 'text' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
}

const longestDays = 365
const mostNetworks = 50
const hintLength = 8

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<ApiKeyRow[]> =>
  db.selectFrom('apiKeys').selectAll().where('id', 'in', ids).execute()

export type NewKey = {
  name: string
  scopes: readonly string[]
  expiresInDays: number
  allowedIps: readonly string[]
}

function scopesOf(wanted: readonly string[], by: Member): Permission[] {
  if (wanted.length === 0) throw invalid('scopes', 'Must name at least one permission')
  const strange = wanted.find((scope) => !permissions.includes(scope as Permission))
  if (strange !== undefined) throw invalid('scopes', `There is no permission ${strange.slice(0, 50)}`)
  const scopes = [...new Set(wanted as Permission[])].sort()
  const more = scopes.filter((scope) => !may(by, scope))
  if (more.length > 0) throw forbidden(`A key may do no more than who makes it: not ${more.join(', ')}`)
  return scopes
}

function networksOf(wanted: readonly string[]): string[] {
  if (wanted.length > mostNetworks) throw invalid('allowedIps', `At most ${mostNetworks}`)
  return wanted.map((text) => {
    const network = networkOf(text)
    if (!network)
      throw invalid('allowedIps', 'Must be addresses or networks such as 192.0.2.0/24 or 2001:db8::/32')
    return network
  })
}

/**
 * Makes a key and tells it, this once. Throws FORBIDDEN for scopes beyond the viewer's own and for keys, which make
 * none, REAUTHENTICATION_REQUIRED, and VALIDATION_ERROR.
 */
export async function create(
  trx: Trx<Tables>,
  viewer: Member,
  wanted: NewKey,
): Promise<{ apiKey: ApiKeyRow; key: string }> {
  if (viewer.apiKeyId) throw forbidden('A key makes no keys')
  const { expiresInDays } = wanted
  if (!(expiresInDays >= 1 && expiresInDays <= longestDays))
    throw invalid('expiresInDays', `From 1 to ${longestDays}`)
  const by = await current(trx, viewer)
  if (!may(by, 'apikeys:write')) throw forbidden()
  await requireFreshPerson(trx, by)
  const key = `nxs_${newSecret()}`
  const apiKey = await trx
    .insertInto('apiKeys')
    .values({
      id: newId(),
      organizationId: by.organizationId,
      name: changed.name(wanted.name),
      hash: hashOf(key),
      hint: key.slice(0, hintLength),
      scopes: scopesOf(wanted.scopes, by),
      allowedIps: networksOf(wanted.allowedIps),
      createdBy: by.userId,
      expiresAt: sql<Date>`now() + make_interval(days => ${expiresInDays})`,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'ApiKey', id: apiKey.id, before: null, after: apiKey })
  return { apiKey, key }
}

/** Whether somebody may know of a key: those of others are for who manages keys. */
export const concerns = (viewer: Member, { createdBy }: Pick<ApiKeyRow, 'createdBy'>): boolean =>
  createdBy === viewer.userId || may(viewer, 'apikeys:manage')

/** Throws NOT_FOUND, also for another's key. One that was revoked stays as it is. */
export async function revoke(trx: Trx<Tables>, viewer: Member, id: string): Promise<ApiKeyRow> {
  const by = await current(trx, viewer)
  const [apiKey] = isId(id) ? await find(trx, [id]) : []
  if (!apiKey || !concerns(by, apiKey)) throw notFound('API key')
  const revoked = await trx
    .updateTable('apiKeys')
    .set({ revokedAt: sql<Date>`now()` })
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (!revoked) return (await find(trx, [id]))[0]!
  note({ type: 'ApiKey', id, before: apiKey, after: revoked })
  return revoked
}

export type KeyStanding = Pick<ApiKeyRow, 'id' | 'organizationId' | 'allowedIps' | 'tier' | 'expiresAt'> & {
  userId: string
  accountId: string
  permissions: Permission[]
}

/**
 * Whom a key acts for, with what of its scopes they still hold; null for what is no key, or no longer one. Marks it
 * as used, once a minute.
 * @param hash of the key, in hex
 */
export async function standing(db: Db<Tables>, hash: string): Promise<KeyStanding | null> {
  const found = await inTenant(db, { credential: hash }, (trx) =>
    trx
      .selectFrom('apiKeys')
      .select(['organizationId', 'id'])
      .where('hash', '=', Buffer.from(hash, 'hex'))
      .executeTakeFirst(),
  )
  return found ? inTenant(db, found, (trx) => standingOf(trx, found.id)) : null
}

async function standingOf(trx: Trx<Tables>, keyId: string): Promise<KeyStanding | null> {
  const key = await trx
    .selectFrom('apiKeys')
    .innerJoin('users', (join) =>
      join
        .onRef('users.organizationId', '=', 'apiKeys.organizationId')
        .onRef('users.id', '=', 'apiKeys.createdBy'),
    )
    .selectAll('apiKeys')
    .select(['users.role', 'users.accountId'])
    .where('apiKeys.id', '=', keyId)
    .where('apiKeys.revokedAt', 'is', null)
    .where('apiKeys.expiresAt', '>', sql<Date>`now()`)
    .where('users.disabledAt', 'is', null)
    .executeTakeFirst()
  if (!key) return null
  await trx
    .updateTable('apiKeys')
    .set({ lastUsedAt: sql<Date>`now()` })
    .where('id', '=', keyId)
    .where(sql<boolean>`coalesce(last_used_at < now() - interval '1 minute', true)`)
    .execute()
  const { id, organizationId, createdBy: userId, accountId, allowedIps, tier, expiresAt } = key
  const held = permissionsOf[key.role]
  const scopes = key.scopes.filter((scope) => held.includes(scope))
  return { id, organizationId, userId, accountId, allowedIps, tier, expiresAt, permissions: scopes }
}

/** The scopes of a key that goes on; null when it has ended. */
export async function liveScopes(trx: Trx<Tables>, id: string): Promise<Permission[] | null> {
  const key = await trx
    .selectFrom('apiKeys')
    .select('scopes')
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', sql<Date>`now()`)
    .executeTakeFirst()
  return key?.scopes ?? null
}
