/** Keeps callers from a subgraph that fails again and again, and lets one try from time to time. */
export type Breaker = {
  /** Whether a call may be made now. Each that is must be told of by one of the others. */
  admits(): boolean
  succeeded(): void
  failed(): void
  /** For a call that says nothing of the subgraph: its caller gave up. */
  ended(): void
  /** `trying`: one call may be made. */
  state(): 'closed' | 'trying' | 'open'
}

const defaults = { failures: 10, restMs: 2_000 }

/**
 * @param options.failures how many in a row open it
 * @param options.restMs how long it stays open until one call may try, in milliseconds
 */
export function createBreaker(
  options: { failures?: number; restMs?: number; now?: () => number } = {},
): Breaker {
  const { failures, restMs, now = performance.now.bind(performance) } = { ...defaults, ...options }
  let inRow = 0
  let opened = 0
  let isTrying = false
  return {
    admits() {
      if (inRow < failures) return true
      if (isTrying || now() - opened < restMs) return false
      isTrying = true
      return true
    },
    succeeded() {
      inRow = 0
      isTrying = false
    },
    failed() {
      inRow++
      opened = now()
      isTrying = false
    },
    ended() {
      isTrying = false
    },
    state() {
      if (inRow < failures) return 'closed'
      return isTrying || now() - opened >= restMs ? 'trying' : 'open'
    },
  }
}
