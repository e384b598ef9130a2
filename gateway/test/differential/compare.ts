import assert from 'node:assert/strict'
import type { ExecutionResult } from 'graphql'

type Path = readonly (string | number)[]

/**
 * Two answers to one operation are the same when their data is, and when the same nulls come of errors. Which
 * of several errors below one null are told is left open by GraphQL.
 */
export function assertSame(ours: ExecutionResult, reference: ExecutionResult): void {
  assert.equal(JSON.stringify(ours.data), JSON.stringify(reference.data))
  if (ours.data === undefined && ours.errors && reference.errors) return
  assert.deepEqual(nullsOf(ours), nullsOf(reference))
}

/** Where nulls are because of an error; each error stands at one. */
function nullsOf({ data, errors = [] }: ExecutionResult): string[] {
  const places = errors.map(({ path, message }) => {
    assert.ok(path, `an error without a path: ${message}`)
    return nullAt(data, path).join('.')
  })
  return [...new Set(places)].toSorted()
}

/** Whether an error nulls more than the field that it is of. */
export const isSpread =
  (data: unknown) =>
  ({ path }: { path?: Path | undefined }): boolean =>
    path !== undefined && nullAt(data, path).length < path.length

function nullAt(data: unknown, path: Path): Path {
  let value: unknown = data
  for (let length = 0; ; length++) {
    if (value === null) return path.slice(0, length)
    const element = path[length]
    if (element === undefined || typeof value !== 'object' || !Object.hasOwn(value as object, element))
      throw new Error(`No null along ${path.join('.')}`)
    value = (value as Record<string | number, unknown>)[element]
  }
}
