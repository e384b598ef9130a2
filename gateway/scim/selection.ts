import type { Resource } from './answer.ts'

export type Selection = { attributes?: string | undefined; excludedAttributes?: string | undefined }

const always = ['schemas', 'id']
const urn = /^(urn:[\w.:-]+):([^:]+)$/i

/** The names of a list by commas, in small letters; what belongs to the core needs no longer name. */
const namesOf = (list: string | undefined): string[] =>
  (list ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean)
    .map((name) => name.replace(/^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):/, ''))

/** The first step of a name, and what is left of it. */
function split(name: string): [first: string, rest: string | null] {
  const [, extension, attribute] = urn.exec(name) ?? []
  if (extension && attribute && !extension.endsWith(':2.0')) return [extension, attribute]
  if (name.startsWith('urn:')) return [name, null]
  const dot = name.indexOf('.')
  return dot === -1 ? [name, null] : [name.slice(0, dot), name.slice(dot + 1)]
}

const each = (value: unknown, change: (of: Resource) => Resource): unknown => {
  if (Array.isArray(value)) return value.map((one) => each(one, change))
  return typeof value === 'object' && value !== null ? change(value as Resource) : value
}

function only(resource: Resource, names: readonly string[]): Resource {
  const wanted = Map.groupBy(names.map(split), ([first]) => first)
  return Object.fromEntries(
    Object.entries(resource).flatMap(([key, value]) => {
      const rests = wanted.get(key.toLowerCase())?.map(([, rest]) => rest)
      if (!rests) return []
      if (rests.includes(null)) return [[key, value]]
      return [[key, each(value, (of) => only(of, rests as string[]))]]
    }),
  )
}

function without(resource: Resource, names: readonly string[]): Resource {
  const left = Map.groupBy(names.map(split), ([first]) => first)
  return Object.fromEntries(
    Object.entries(resource).flatMap(([key, value]) => {
      const rests = left.get(key.toLowerCase())?.map(([, rest]) => rest)
      if (!rests) return [[key, value]]
      if (rests.includes(null)) return []
      return [[key, each(value, (of) => without(of, rests as string[]))]]
    }),
  )
}

/** Of a resource what was asked for (RFC 7644, 3.9); its id and its schemas always. */
export function selected(resource: Resource, { attributes, excludedAttributes }: Selection): Resource {
  const names = namesOf(attributes)
  if (names.length > 0) return only(resource, [...always, ...names])
  const excluded = namesOf(excludedAttributes).filter((name) => !always.includes(name))
  return excluded.length > 0 ? without(resource, excluded) : resource
}

/** Whether the members of groups are asked for, which may be many. */
export function wantsMembers({ attributes, excludedAttributes }: Selection): boolean {
  const names = namesOf(attributes)
  if (names.length > 0) return names.some((name) => /^members\b/.test(name))
  return !namesOf(excludedAttributes).includes('members')
}
