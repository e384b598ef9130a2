import type { Fields } from '../compile/own.ts'

const name = /^[_A-Za-z][_0-9A-Za-z]*$/

/**
 * Makes objects of some names from values in the same order: as a literal, so that all of them have one form for
 * the engine to know, and `__proto__` is a name like any other. Throws for what is no name of GraphQL.
 */
export function makerOf(names: readonly string[]): (values: readonly unknown[]) => Fields {
  for (const of of names) if (!name.test(of)) throw new Error(`${JSON.stringify(of)} is no name`)
  const fields = names.map(
    (of, index) => `${of === '__proto__' ? '["__proto__"]' : `"${of}"`}: values[${index}]`,
  )
  return new Function('values', `return { ${fields.join(', ')} }`) as (values: readonly unknown[]) => Fields
}
