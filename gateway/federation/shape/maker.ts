import { type GraphQLLeafType, isEnumType } from 'graphql'
import type { Fields } from '../compile/own.ts'
import type { Complete, Use } from './complete.ts'

/** How a value is seen, without a call, to be one that stays as it is. */
export type Sight = 'string' | 'boolean' | 'int' | 'float' | ReadonlySet<unknown>
export type Part = {
  /** Its name for the client, and its name among the subgraphs' answers. */
  to: string
  from: string
  /** Whether a plain look finds what is there, and nothing else. */
  isPlain: boolean
  sight: Sight | null
}
/** Completes the part of a number in all other cases. */
type Slowly = (part: number, of: Fields, depth: number, use: Use) => unknown

const name = /^[_A-Za-z][_0-9A-Za-z]*$/
const tests = {
  string: "typeof v === 'string'",
  boolean: "typeof v === 'boolean'",
  int: 'v === (v | 0)',
  float: "typeof v === 'number' && v - v === 0",
}
const sights: Record<string, Sight> = {
  String: 'string',
  ID: 'string',
  Boolean: 'boolean',
  Int: 'int',
  Float: 'float',
}

export const sightOf = (type: GraphQLLeafType): Sight | null =>
  isEnumType(type) ? new Set(type.getValues().map((value) => value.name)) : (sights[type.name] ?? null)

/**
 * Makes objects of some parts, written out as JavaScript: most values are what they should be, and are taken at sight;
 * and all objects of one literal have one form for the engine to know, in which `__proto__` is a name like any other.
 * Throws for what is no name of GraphQL.
 */
export function makerOf(parts: readonly Part[], slowly: Slowly): Complete {
  for (const { to, from } of parts)
    for (const each of [to, from]) if (!name.test(each)) throw new Error(`${JSON.stringify(each)} is no name`)
  const lines = parts.map(({ from, isPlain, sight }, part) => {
    const slow = `slowly(${part}, value, depth, use)`
    if (!isPlain || !sight) return `const p${part} = ${slow}; if (p${part} === undefined) return null`
    const test = typeof sight === 'string' ? tests[sight] : `seen[${part}].has(v)`
    return `v = value["${from}"]; let p${part} = v
      if (!(${test}) && (p${part} = ${slow}) === undefined) return null`
  })
  const fields = parts.map(({ to }, part) => `${to === '__proto__' ? '["__proto__"]' : `"${to}"`}: p${part}`)
  const text = `return (value, depth, use) => { let v
    ${lines.join('\n')}
    return { ${fields.join(', ')} } }`
  const seen = parts.map(({ sight }) => sight)
  return new Function('slowly', 'seen', text)(slowly, seen) as Complete
}
