import type { ResponsePath } from '@apollo/query-planner'
import { type Fields, get, isFields } from './own.ts'
import type { Types } from './types.ts'

/** One step into an answer: into a field, or into each element of a list; on objects of some types only. */
export type PathStep = { into: string | null; on: ReadonlySet<string> | null }
export type Path = readonly PathStep[]
export type Place = (string | number)[]

const condition = /^(.*)\|\[(.*)\]$/

/** A planner's path: names, `@` for each element of a list, and `name|[A,B]` for objects of some types. */
export const pathOf = (path: ResponsePath): Path =>
  path.map(String).flatMap((element): PathStep[] => {
    const [, name = element, types] = condition.exec(element) ?? []
    const on = types === undefined ? null : new Set(types.split(','))
    if (name === '' && !on) return []
    return [{ into: name === '@' ? null : name, on }]
  })

/** The objects at a path, in the order of the answer. What is not as the path expects is left out. */
export function objectsAt(root: Fields, path: Path, types: Types): Fields[] {
  let found: unknown[] = [root]
  for (const { into, on } of path) {
    const next: unknown[] = []
    for (const value of found) {
      if (into === null) {
        if (Array.isArray(value)) for (const element of value) push(next, element, on, types)
      } else if (into === '') push(next, value, on, types)
      else if (isFields(value)) push(next, get(value, into), on, types)
    }
    found = next
  }
  return found.filter(isFields)
}

function push(list: unknown[], value: unknown, on: PathStep['on'], types: Types) {
  if (value === null || value === undefined) return
  if (on && isFields(value)) {
    const { __typename: name } = value
    // Whose type is not known yet may be any: what it is asked for tells.
    if (typeof name === 'string' && !on.has(name) && types.isConcrete(name)) return
  }
  list.push(value)
}

/** Where the objects at a path are. One that stands in several places has several. */
export function placesAt(root: Fields, path: Path): Map<Fields, Place[]> {
  const places = new Map<Fields, Place[]>()
  const walk = (value: unknown, step: number, place: Place) => {
    const of = path[step]
    if (!of) {
      if (isFields(value)) places.set(value, [...(places.get(value) ?? []), place])
    } else if (of.into === null) {
      if (Array.isArray(value))
        value.forEach((element, index) => void walk(element, step + 1, [...place, index]))
    } else if (of.into === '') walk(value, step + 1, place)
    else if (isFields(value)) walk(get(value, of.into), step + 1, [...place, of.into])
  }
  walk(root, 0, [])
  return places
}
