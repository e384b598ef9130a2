import { type GraphQLLeafType, isEnumType, isSpecifiedScalarType } from 'graphql'

// What JSON.stringify writes: a number that could be written shorter, an escape that need not be one, and what is rare
// are for who reads values. Only digits behind a point may be more than it would write.
const text = '"[^"\\\\\\x00-\\x1f]*(?:\\\\["\\\\bfnrt][^"\\\\\\x00-\\x1f]*)*"'
const whole = '(?:0|-?[1-9]\\d{0,8})'
const fraction = '-?(?:0|[1-9]\\d{0,5})\\.(?!000000)\\d{0,16}[1-9]'
const either = '(?:true|false)'

const scalars: Record<string, string> = {
  Int: whole,
  Float: `(?:${fraction}|${whole})`,
  String: text,
  ID: text,
  Boolean: either,
}

/** A value without fields, of whatever type. */
export const anyLeaf = `(?:${text}|${fraction}|${whole}|${either})`

/**
 * The pattern of JSON's text for values of a type without fields, which clients may have as they are. Each of its
 * alternatives is known by its first characters, so that a text that does not fit is known to be none at once.
 */
export function leafPattern(type: GraphQLLeafType): string {
  if (isEnumType(type)) {
    const names = type.getValues().map(({ name }) => name)
    return `"(?:${names.join('|')})"`
  }
  return (isSpecifiedScalarType(type) && scalars[type.name]) || anyLeaf
}
