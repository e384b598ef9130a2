import { type Fields, isFields } from '../compile/own.ts'
import type { Place } from '../compile/path.ts'
import type { Leaf } from './leaf.ts'
import type { Told } from './told.ts'

/** One use of a shape. */
export type Use = {
  /** Where it is just now: its first elements, as many as a value is deep. */
  path: Place
  told: Told
  lost: ReadonlySet<Fields>
  /** Answers `__schema` and `__type`. */
  introspect(name: string): unknown
}
/**
 * Makes of a subgraph's value what the client asked for. A null that may not be is undefined, and its reason
 * told: what is around it is null then.
 */
export type Complete = (value: unknown, depth: number, use: Use) => unknown

/** What a value that cannot be used becomes. */
export function wrong({ told, path }: Use, depth: number, message: string): null {
  told.tell(path.slice(0, depth), message)
  return null
}

export const nonNull =
  (complete: Complete, label: string): Complete =>
  (value, depth, use) => {
    const completed = complete(value, depth, use)
    if (completed !== null) return completed
    use.told.explain(use.path.slice(0, depth), `Cannot return null for non-nullable field ${label}.`)
    return undefined
  }

/** A value that the caller may not see, or places inside of it that leave nothing of it. */
export const withheld =
  (places: readonly Place[], mayBeNull: boolean): Complete =>
  (_value, depth, use) => {
    for (const place of places) use.told.withhold([...use.path.slice(0, depth), ...place], places)
    return mayBeNull ? null : undefined
  }

export const leaf =
  (of: Leaf, label: string): Complete =>
  (value, depth, use) => {
    if (value === null) return null
    const fit = of(value)
    return fit === undefined ? wrong(use, depth, `No value of its type at ${label}`) : fit
  }

export const list =
  (complete: Complete, label: string): Complete =>
  (value, depth, use) => {
    if (value === null) return null
    if (!Array.isArray(value)) return wrong(use, depth, `No list at ${label}`)
    const elements: unknown[] = []
    for (let index = 0; index < value.length; index++) {
      use.path[depth] = index
      const element = complete(value[index] ?? null, depth + 1, use)
      if (element === undefined) return null
      elements.push(element)
    }
    return elements
  }

export const fieldsOnly =
  (complete: Complete, label: string): Complete =>
  (value, depth, use) => {
    if (value === null) return null
    return isFields(value) ? complete(value, depth, use) : wrong(use, depth, `No object at ${label}`)
  }
