import type { FetchDataRewrite, QueryPlanSelectionNode } from '@apollo/query-planner'
import { type Fields, get, isFields, set } from './own.ts'
import { rewritesOf } from './rewrites.ts'
import type { Types } from './types.ts'

/** What a subgraph needs to know of an object to find its part of it; null while that is not known. */
export type Represent = (object: Fields) => Fields | null

type Fill = (object: Fields, representation: Fields) => boolean

/** How objects are represented to a subgraph, from the selection that a plan requires of them. */
export function representing(
  requires: readonly QueryPlanSelectionNode[],
  inputRewrites: readonly FetchDataRewrite[] | undefined,
  types: Types,
): Represent {
  const fill = filling(requires, types)
  const rewrite = rewritesOf(inputRewrites, types)
  return (object) => {
    const representation: Fields = {}
    if (!fill(object, representation) || typeof representation.__typename !== 'string') return null
    rewrite?.(representation)
    return representation
  }
}

function filling(selections: readonly QueryPlanSelectionNode[], types: Types): Fill {
  const fills = selections.map((selection): Fill => {
    if (selection.kind === 'InlineFragment') {
      const inner = filling(selection.selections, types)
      const { typeCondition } = selection
      if (!typeCondition) return inner
      const passing = types.passing(typeCondition)
      return (object, into) => !passing.has(object.__typename as string) || inner(object, into)
    }
    const key = selection.alias ?? selection.name
    const inner = selection.selections && filling(selection.selections, types)
    return (object, into) => {
      const value = get(object, key)
      if (value === undefined) return false
      const copy = inner ? copied(value, inner, get(into, key)) : value
      if (copy === undefined) return false
      set(into, key, copy)
      return true
    }
  })
  return (object, into) => fills.every((fill) => fill(object, into))
}

/** A copy of what is required of a value, added to what is there already; undefined where a part is missing. */
function copied(value: unknown, fill: Fill, there: unknown): unknown {
  if (Array.isArray(value)) {
    const before = Array.isArray(there) ? there : []
    const elements = value.map((element, index) => copied(element, fill, before[index]))
    return elements.includes(undefined) ? undefined : elements
  }
  if (!isFields(value)) return null
  const copy = isFields(there) ? there : {}
  return fill(value, copy) ? copy : undefined
}
