import { GraphQLError } from 'graphql'
import { type Limits, limits } from '../limits.ts'

type Found = { bytes: number }
type Broken = 'string' | 'list' | 'nesting' | 'variableBytes'

const refusals: Record<Broken, string> = {
  string: 'characters in one string',
  list: 'items in one list or object',
  nesting: 'lists and objects inside each other',
  variableBytes: 'bytes',
}

/**
 * Throws GraphQLError BAD_USER_INPUT for variables that are too large to be looked at; ends at the first limit
 * that is broken. Bytes are those of the JSON, but for what escapes would add.
 */
export function checkVariables(variables: Readonly<Record<string, unknown>>, most: Limits = limits): void {
  const broken = brokenBy(variables, most, { bytes: 0 }, 0)
  if (!broken) return
  throw new GraphQLError(`The variables have more than ${most[broken]} ${refusals[broken]}`, {
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
  })
}

function brokenBy(value: unknown, most: Limits, found: Found, level: number): Broken | undefined {
  if (typeof value === 'string') {
    found.bytes += value.length + 2
    if (value.length > most.string) return 'string'
  } else if (typeof value !== 'object' || value === null) found.bytes += 4
  else {
    // The variables themselves are not inside of anything.
    if (level > most.nesting) return 'nesting'
    found.bytes += 2
    let count = 0
    for (const [key, inner] of entries(value)) {
      if (++count > most.list) return 'list'
      found.bytes += key.length + 1
      const broken = brokenBy(inner, most, found, level + 1)
      if (broken) return broken
    }
  }
  return found.bytes > most.variableBytes ? 'variableBytes' : undefined
}

function* entries(value: object): Generator<[key: string, inner: unknown]> {
  if (Array.isArray(value)) for (const inner of value) yield ['', inner]
  else for (const key of Object.keys(value)) yield [key, (value as Record<string, unknown>)[key]]
}
