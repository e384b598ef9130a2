import { type GraphQLLeafType, isEnumType, isSpecifiedScalarType } from 'graphql'
import type { Fields } from '../compile/own.ts'

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

/** The check of a type without fields. */
export function leafOf(type: GraphQLLeafType): Leaf {
  if (isEnumType(type)) {
    const names = new Set<unknown>(type.getValues().map(({ name }) => name))
    return (value) => (names.has(value) ? value : undefined)
  }
  return (isSpecifiedScalarType(type) && scalars[type.name]) || custom
}

/** What a custom scalar holds is for its subgraph to know, as long as it can be written again. */
const custom: Leaf = (value) => (typeof value === 'object' && isDeeper(value, deepest) ? undefined : value)

// Where thousands of lists are in each other, JSON is read, but cannot be written.
const deepest = 500

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  for (const key in value) if (isDeeper((value as Fields)[key], levels - 1)) return true
  return false
}
