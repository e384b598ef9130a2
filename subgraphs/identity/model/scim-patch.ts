import { type ScimPatchOperation, type ScimResource, scimPatch } from 'scim-patch'
import { z } from 'zod'
import { type ScimType, scimRefusal } from './scim-refusal.ts'
import { enterpriseSchema, nameOf, type Resource } from './scim-resource.ts'

const mostOperations = 1_000
const longestPath = 500
const operations = z
  .array(
    z.object({
      op: z
        .string()
        .toLowerCase()
        .pipe(z.enum(['add', 'replace', 'remove'])),
      path: z.string().trim().min(1).max(longestPath).nullish(),
      value: z.unknown().optional(),
    }),
  )
  .min(1)
  .max(mostOperations)

export type Operation = { op: 'add' | 'replace' | 'remove'; path: string; value: unknown }

/** What would reach past the resource that is patched. */
const reaching = /(^|[.:[\]\s"])(__proto__|constructor|prototype)($|[.:[\]\s"])/i

const isObject = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads the operations of a PATCH into ones that have a path each, whatever way they were written in. Throws
 * VALIDATION_ERROR.
 */
export function readOperations(given: unknown): Operation[] {
  const { success, data } = operations.safeParse(given)
  if (!success) throw scimRefusal('invalidSyntax', 'The operations cannot be read')
  return data.flatMap(({ op, path, value }) => {
    if (path) return pathed(op, cleaned(path), value)
    if (op === 'remove') throw scimRefusal('noTarget', 'What to remove is not said')
    if (!isObject(value)) throw scimRefusal('invalidValue', 'Without a path, the value names what to change')
    return Object.entries(value)
      .filter(([key]) => !/^(schemas|id|meta|groups)$/i.test(key))
      .flatMap(([key, each]) => pathed(op, cleaned(key), each))
  })
}

const core = /^urn:ietf:params:scim:schemas:core:2\.0:(?:User|Group):/i
const enterprise = new RegExp(`^${enterpriseSchema.replaceAll('.', '\\.')}(?=:|$)`, 'i')

function cleaned(path: string): string {
  if (reaching.test(path)) throw scimRefusal('invalidPath', 'There is no such path')
  const short = path.replace(core, '').replace(enterprise, enterpriseSchema)
  return short.startsWith(enterpriseSchema) ? short : short.replace(/^[^.[]+/, nameOf)
}

/** An extension is patched by its attributes. */
function pathed(op: Operation['op'], path: string, value: unknown): Operation[] {
  if (path === enterpriseSchema && isObject(value))
    return Object.entries(value).map(([key, each]) => ({ op, path: cleaned(`${path}:${key}`), value: each }))
  return [{ op, path, value: path === 'active' ? truthOf(value) : value }]
}

const truthOf = (value: unknown): unknown => {
  const [first] = [value].flat()
  const only = isObject(first) ? first.value : first
  return typeof only === 'string' && /^(true|false)$/i.test(only) ? /^true$/i.test(only) : only
}

/** A resource after operations. Throws VALIDATION_ERROR for what cannot be carried out. */
export function patched(resource: Resource, given: unknown): Resource {
  const steps = readOperations(given).map(({ op, path, value }) =>
    op === 'remove' && value === undefined ? { op, path } : { op, path, value },
  )
  const copy = structuredClone(resource) as unknown as ScimResource
  try {
    return scimPatch(copy, steps as ScimPatchOperation[]) as unknown as Resource
  } catch (error) {
    const { scimCode } = error as { scimCode?: ScimType }
    if (scimCode === undefined) throw error
    throw scimRefusal(scimCode, 'An operation cannot be carried out on this resource')
  }
}
