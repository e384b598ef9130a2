import { Kind, type ValueNode } from 'graphql'
import type { Limits } from '../limits.ts'

type Literals = { string: number; list: number; nesting: number }

/** Enlarges what was found so far by what stands in a literal. It goes no deeper than the limit. */
export function measureLiteral(value: ValueNode, found: Literals, most: Limits, level = 1): void {
  if (value.kind === Kind.STRING) found.string = Math.max(found.string, value.value.length)
  if (value.kind !== Kind.LIST && value.kind !== Kind.OBJECT) return
  const inside = value.kind === Kind.LIST ? value.values : value.fields
  found.nesting = Math.max(found.nesting, level)
  found.list = Math.max(found.list, inside.length)
  if (level > most.nesting) return
  for (const each of inside)
    measureLiteral(each.kind === Kind.OBJECT_FIELD ? each.value : each, found, most, level + 1)
}
