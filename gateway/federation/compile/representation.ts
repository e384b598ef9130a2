import type { FetchNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import type { Identify } from './keys.ts'
import { type Fields, get, isFields, set } from './own.ts'
import { rewritesOf } from './rewrites.ts'
import type { Types } from './types.ts'

/** What a subgraph needs to know of an object to find its part of it; null while that is not known. */
export type Represent = ((object: Fields, broken: ReadonlySet<Fields>) => Fields | null) & {
  /** Set where that is one key of one type, and nothing else: where both are the same, so is the representation. */
  only: { type: string; key: string } | null
}

/** Whether all was there. */
type Fill = (object: Fields, representation: Fields) => boolean

/**
 * How objects are represented to a subgraph, from the selection that a plan requires of them. Plans require of
 * all objects what one type's fields depend on: what was never asked of an object is left out. Not so of a broken
 * one: a field that depends on what is missing must not be computed without it.
 */
export function representing(
  { serviceName, requires = [], inputRewrites }: FetchNode,
  { types, identify }: { types: Types; identify: Identify },
): Represent {
  const fill = filling(requires, types)
  const rewrite = rewritesOf(inputRewrites, types)
  const identifies = identify(serviceName)
  const represent = (object: Fields, broken: ReadonlySet<Fields>) => {
    const representation: Fields = {}
    const isWhole = fill(object, representation)
    if (typeof representation.__typename !== 'string') return null
    if (!isWhole && broken.has(object)) return null
    rewrite?.(representation)
    return identifies(representation) ? representation : null
  }
  return Object.assign(represent, { only: rewrite ? null : onlyKeyOf(requires, types) })
}

function onlyKeyOf([first, ...others]: readonly QueryPlanSelectionNode[], types: Types): Represent['only'] {
  if (first?.kind !== 'InlineFragment' || others.length > 0) return null
  const type = first.typeCondition
  const keys = first.selections.filter((of) => of.kind !== 'Field' || of.name !== '__typename')
  const [key] = keys
  if (!type || !types.isConcrete(type) || keys.length !== 1 || key?.kind !== 'Field') return null
  return key.alias || key.selections ? null : { type, key: key.name }
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
      const copy = inner ? copied(value, inner, get(into, key)) : value
      if (copy === undefined) return false
      set(into, key, copy)
      return true
    }
  })
  return (object, into) => {
    let isWhole = true
    for (const fill of fills) if (!fill(object, into)) isWhole = false
    return isWhole
  }
}

/** A copy of what is required of a value, added to what is there already; undefined where a part is missing. */
function copied(value: unknown, fill: Fill, there: unknown): unknown {
  if (Array.isArray(value)) {
    const before = Array.isArray(there) ? there : []
    const elements = value.map((element, index) => copied(element, fill, before[index]))
    return elements.includes(undefined) ? undefined : elements
  }
  if (!isFields(value)) return value === undefined ? undefined : null
  const copy = isFields(there) ? there : {}
  return fill(value, copy) ? copy : undefined
}
