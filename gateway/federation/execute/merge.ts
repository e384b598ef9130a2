import type { Branches } from '../compile/branches.ts'
import { type Fields, get, isFields, set } from '../compile/own.ts'
import type { Types } from '../compile/types.ts'

/**
 * Adds to an object what a subgraph was asked for and answered: nothing else is taken from it. What is there
 * stays where the other one has null, and so does the name of a type where the other one only knows an interface.
 */
export function merge(target: Fields, source: Fields, branches: Branches, types: Types): void {
  for (const { key, isPlain, of } of branches.list) {
    const given = isPlain ? source[key] : get(source, key)
    if (given === undefined) continue
    const known = isPlain ? target[key] : get(target, key)
    if (known === undefined || known === null) {
      if (isPlain) target[key] = given
      else set(target, key, given)
    } else if (given !== null) {
      if (of) mergeValue(known, given, of, types)
      else if (key !== '__typename' || !types.isConcrete(String(known))) set(target, key, given)
    }
  }
}

function mergeValue(known: unknown, given: unknown, of: Branches, types: Types): void {
  if (Array.isArray(known)) {
    if (!Array.isArray(given)) return
    for (let index = 0; index < known.length && index < given.length; index++)
      if (known[index] === null) known[index] = given[index]
      else mergeValue(known[index], given[index], of, types)
  } else if (isFields(known) && isFields(given)) merge(known, given, of, types)
}

/** A copy of what was asked for, for one who may change it. Values without fields are not copied. */
export function copied(value: unknown, of: Branches | null): unknown {
  if (!of || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((element) => copied(element, of))
  const copy: Fields = {}
  for (const branch of of.list) {
    const inner = get(value as Fields, branch.key)
    if (inner !== undefined) set(copy, branch.key, copied(inner, branch.of))
  }
  return copy
}
