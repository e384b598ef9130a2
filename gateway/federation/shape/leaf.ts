import { type GraphQLLeafType, isEnumType, isSpecifiedScalarType } from 'graphql'

/** A value as clients may have it, or undefined for one that is none of its type. */
export type Leaf = (value: unknown) => unknown

const maxInt = 2 ** 31

const scalars: Record<string, Leaf> = {
  Int: (value) =>
    Number.isInteger(value) && (value as number) < maxInt && (value as number) >= -maxInt ? value : undefined,
  Float: (value) => (Number.isFinite(value) ? value : undefined),
  String: (value) => (typeof value === 'string' ? value : undefined),
  Boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  ID: (value) => {
    if (typeof value === 'string') return value
    return Number.isInteger(value) ? String(value) : undefined
  },
}

/** The check of a type without fields. What a custom scalar holds is for its subgraph to know. */
export function leafOf(type: GraphQLLeafType): Leaf {
  if (isEnumType(type)) {
    const names = new Set<unknown>(type.getValues().map(({ name }) => name))
    return (value) => (names.has(value) ? value : undefined)
  }
  return (isSpecifiedScalarType(type) && scalars[type.name]) || ((value) => value)
}
