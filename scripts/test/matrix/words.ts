/** The words of the expected cells: who may, as section 8.2 of the platform document has it, written by hand. */
export type Who = 'admin' | 'manager' | 'analyst' | 'viewer' | 'anonymous'

/** Read-only access. */
export const members: readonly Who[] = ['admin', 'manager', 'analyst', 'viewer']
/** Read and write access to security data. */
export const analysts: readonly Who[] = ['admin', 'manager', 'analyst']
/** Read and write access to the rest, and managing users. */
export const managers: readonly Who[] = ['admin', 'manager']
/** Full access: the organization, its keys, its audit trail. */
export const admins: readonly Who[] = ['admin']
export const anyone: readonly Who[] = [...members, 'anonymous']
/** For another service alone: clients do not even see that there is such a field. */
export const nobody: readonly Who[] = []

/**
 * One root field or route. A key may with the permissions of `key`, and with all of them: `any` is every key, `no` is
 * none, whatever it holds.
 */
export type Row = {
  may: readonly Who[]
  key: string | readonly string[] | 'any' | 'no'
  /** Arguments of a field, or what stands in the path of a route, with `$names` of things: asked once with one's own, another tenant's and nobody's. */
  ask?: string
  /** The body of a route, with names of things too. */
  body?: unknown
  /** The event that a subscription tells of, and what it says. */
  event?: readonly [type: string, payload: Record<string, string>]
  /** Asked in a session of its own, which it may end. */
  alone?: true
  /** Refusals of what was asked with, which only those hear whom the rule has let in. */
  past?: readonly string[]
  /** It makes something whatever ids it is given, and tells its id and times. */
  makes?: true
}

/** What reading a type takes of a role and of a key; `part` takes nothing but what gave it. */
export type Type = 'part' | Pick<Row, 'may' | 'key'>

export type Expected = {
  query?: Record<string, Row>
  mutation?: Record<string, Row>
  subscription?: Record<string, Row>
  /** Root fields that only another service may ask, by `Query.name`. */
  peers?: readonly string[]
  types: Record<string, Type>
  /** Fields that take more than their type does, by `Type.field`. */
  fields?: Record<string, Exclude<Type, 'part'>>
}

/** What everybody who has come in reads; keys with the permission. */
export const read = (key: string): Pick<Row, 'may' | 'key'> => ({ may: members, key })

/** What a key holds that gives somebody the role of a viewer: nobody gives what they do not hold. */
export const givesViewer = [
  'users:write',
  ...[
    'assets',
    'alerts',
    'vulnerabilities',
    'compliance',
    'reports',
    'integrations',
    'users',
    'organization',
  ].map((resource) => `${resource}:read`),
]
