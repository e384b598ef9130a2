import { z } from 'zod'
import type { ScimGroupRow, ScimUserRow, UserRow } from '../tables.ts'
import { scimRefusal } from './scim-refusal.ts'

export type Resource = Record<string, unknown>

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

/** What is kept as it was said. */
const kept = [
  ...['name', 'nickName', 'title', 'userType', 'preferredLanguage', 'locale', 'timezone'],
  ...['emails', 'phoneNumbers', 'addresses', 'roles', 'entitlements', enterpriseSchema],
]
const names = new Map(
  [
    ...kept,
    'id',
    'externalId',
    'userName',
    'displayName',
    'active',
    'schemas',
    'meta',
    'groups',
    'members',
  ].map((name) => [name.toLowerCase(), name]),
)
const mostBytes = 16_384

/** How an attribute is written, however somebody has written it. */
export const nameOf = (name: string): string => names.get(name.toLowerCase()) ?? name

const place = (baseUrl: string, kind: 'Users' | 'Groups', id: string) => `${baseUrl}/scim/v2/${kind}/${id}`

type Versioned = { version: number; createdAt: Date; updatedAt: Date }
const meta = (resourceType: string, { version, createdAt, updatedAt }: Versioned, location: string) => ({
  ...{ resourceType, location, version: `W/"${version}"` },
  created: createdAt.toISOString(),
  lastModified: updatedAt.toISOString(),
})

export type MemberOfGroup = { id: string; displayName: string }

/** A member as SCIM shows them; who was never provisioned has their e-mail for a name. */
export function resourceOfUser(
  user: UserRow,
  scim: ScimUserRow | undefined,
  groups: readonly MemberOfGroup[],
  baseUrl: string,
): Resource {
  const { attributes = {}, externalId } = scim ?? {}
  return {
    schemas: enterpriseSchema in attributes ? [userSchema, enterpriseSchema] : [userSchema],
    id: user.id,
    ...(externalId && { externalId }),
    userName: scim?.userName ?? user.email,
    ...(user.name !== null && { displayName: user.name }),
    active: user.disabledAt === null,
    emails: [{ value: user.email, type: 'work', primary: true }],
    ...attributes,
    groups: groups.map(({ id, displayName }) => ({
      ...{ value: id, display: displayName, type: 'direct' },
      $ref: place(baseUrl, 'Groups', id),
    })),
    meta: meta('User', user, place(baseUrl, 'Users', user.id)),
  }
}

export function resourceOfGroup(
  group: ScimGroupRow,
  members: readonly { userId: string; display: string }[],
  baseUrl: string,
): Resource {
  return {
    schemas: [groupSchema],
    id: group.id,
    ...(group.externalId && { externalId: group.externalId }),
    displayName: group.displayName,
    members: members.map(({ userId, display }) => ({
      ...{ value: userId, display, type: 'User' },
      $ref: place(baseUrl, 'Users', userId),
    })),
    meta: meta('Group', group, place(baseUrl, 'Groups', group.id)),
  }
}

const truthOr = (otherwise: boolean) =>
  z
    .union([
      z.boolean(),
      z.stringFormat('truth', /^(true|false)$/i).transform((text) => /^true$/i.test(text)),
    ])
    .nullish()
    .transform((value) => value ?? otherwise)
const text = z.string().trim().min(1).max(255)
const optional = text.nullish().transform((value) => value ?? null)
const email = z.string().trim().toLowerCase().pipe(z.email().max(255))
const emails = z
  .array(z.looseObject({ value: z.string(), type: z.string().nullish(), primary: truthOr(false) }))
  .nullish()
const name = z
  .looseObject({ formatted: optional, givenName: optional, familyName: optional })
  .nullish()
  .transform((value) => value ?? { formatted: null, givenName: null, familyName: null })
const shape = z.looseObject({
  userName: text,
  externalId: optional,
  displayName: optional,
  active: truthOr(true),
  name,
  emails,
})

export type WantedUser = {
  userName: string
  externalId: string | null
  email: string
  name: string
  isActive: boolean
  attributes: Resource
}

const named = (resource: unknown): Resource => {
  if (typeof resource !== 'object' || resource === null || Array.isArray(resource))
    throw scimRefusal('invalidSyntax', 'A resource is an object')
  return Object.fromEntries(Object.entries(resource).map(([key, value]) => [nameOf(key), value]))
}

/** Reads what somebody is to be. Throws VALIDATION_ERROR, as `invalidSyntax` or `invalidValue`. */
export function readUser(given: unknown): WantedUser {
  const resource = named(given)
  const { success, data, error } = shape.safeParse(resource)
  if (!success) throw scimRefusal('invalidValue', `${error.issues[0]!.path.join('.')} is not as it must be`)
  const { userName, externalId, displayName, active: isActive, name } = data
  const full = [name.givenName, name.familyName].filter(Boolean).join(' ')
  return {
    ...{ userName, externalId, isActive },
    email: emailOf(data.emails, userName),
    name: displayName ?? name.formatted ?? (full || userName),
    attributes: attributesOf(resource),
  }
}

type Email = NonNullable<z.infer<typeof emails>>[number]

/** The e-mail that is called the primary one, else the one for work, else any; without one, the name where it is one. */
function emailOf(given: Email[] | null | undefined, userName: string): string {
  const all = given ?? []
  const chosen =
    all.find(({ primary }) => primary) ?? all.find(({ type }) => type?.toLowerCase() === 'work') ?? all[0]
  const { success, data } = email.safeParse(chosen?.value ?? userName)
  if (!success) throw scimRefusal('invalidValue', 'Neither emails nor userName has an e-mail')
  return data
}

function attributesOf(resource: Resource): Resource {
  const entries = kept
    .filter((key) => resource[key] !== undefined && resource[key] !== null)
    .map((key) => [key, resource[key]])
  const attributes = Object.fromEntries(entries) as Resource
  if (Buffer.byteLength(JSON.stringify(attributes)) > mostBytes)
    throw scimRefusal('invalidValue', `All that is kept of a user has at most ${mostBytes} bytes`)
  return attributes
}

const member = z.looseObject({ value: z.guid() })
const groupShape = z.looseObject({
  displayName: text,
  externalId: optional,
  members: z
    .array(member)
    .max(10_000)
    .nullish()
    .transform((value) => (value ?? []).map((each) => each.value.toLowerCase())),
})
export type WantedGroup = { displayName: string; externalId: string | null; members: string[] }

/** Reads what a group is to be. Throws as `readUser` does. */
export function readGroup(given: unknown): WantedGroup {
  const { success, data, error } = groupShape.safeParse(named(given))
  if (!success) throw scimRefusal('invalidValue', `${error.issues[0]!.path.join('.')} is not as it must be`)
  const { displayName, externalId, members } = data
  return { displayName, externalId, members: [...new Set(members)] }
}
