import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLString,
} from 'graphql'
import { inspect } from 'graphql/jsutils/inspect.js'
import type { Complete } from './run.ts'

/** What is seen, without a call, to be what it would be serialized to. */
const sights = new Map<GraphQLLeafType, (value: unknown) => boolean>([
  [GraphQLString, (value) => typeof value === 'string'],
  [GraphQLID, (value) => typeof value === 'string'],
  [GraphQLBoolean, (value) => typeof value === 'boolean'],
  [GraphQLInt, (value) => typeof value === 'number' && value === (value | 0)],
  [GraphQLFloat, (value) => Number.isFinite(value)],
])

export function completingLeaf(type: GraphQLLeafType): Complete {
  const serialized = (value: unknown): unknown => {
    const completed = type.serialize(value)
    if (completed !== null && completed !== undefined) return completed
    throw new Error(
      `Expected \`${inspect(type)}.serialize(${inspect(value)})\` to return non-nullable value, returned: ${inspect(completed)}`,
    )
  }
  const isSerialized = sights.get(type)
  return isSerialized
    ? (_run, value) => (isSerialized(value) ? value : serialized(value))
    : (_run, value) => serialized(value)
}
