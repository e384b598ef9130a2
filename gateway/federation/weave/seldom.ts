import type { Weave } from './weave.ts'

/** How often in a row it may find what it cannot do with, and how many uses it waits at most then. */
const patience = 4
const longestRest = 64

/**
 * A weave that is compiled when it is used for the second time: most of what strangers ask is asked once. Where it
 * finds again and again what it cannot do with, it is tried ever less often.
 */
export function seldom(compile: () => Weave | null): Weave {
  let weave: Weave | null = null
  let pending: (() => Weave | null) | null = compile
  let isFirst = true
  let misses = 0
  let left = 0
  return async (run) => {
    if (isFirst) {
      isFirst = false
      return null
    }
    if (pending) {
      weave = pending()
      pending = null
    }
    if (!weave || left-- > 0) return null
    const text = await weave(run)
    misses = text === null ? misses + 1 : 0
    left = misses > patience ? Math.min(longestRest, 2 ** (misses - patience)) : 0
    return text
  }
}
