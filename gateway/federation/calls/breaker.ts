import { createChain, type Linked } from '#kit/chain.ts'

/** Keeps callers from a subgraph that fails or is silent, and lets one try from time to time. */
export type Breaker = {
  /** A call that may be made now, and whose end has to be told; null where none may. */
  admit(): Admitted | null
  /** `trying`: one call may be made. */
  state(): 'closed' | 'trying' | 'open'
}
export type Admitted = { succeeded(): void; failed(): void }
type Call = Linked & Admitted & { readonly from: number }

const defaults = { failures: 10, silentMs: 1_500, restMs: 2_000 }

/**
 * @param options.failures how many in a row open it, and how many calls that are not answered
 * @param options.silentMs how long the first of these has to have waited, while nothing else was answered, in
 *   milliseconds: who hangs is known long before calls are late
 * @param options.restMs how long it stays open until one call may try, in milliseconds
 */
export function createBreaker(
  options: { failures?: number; silentMs?: number; restMs?: number; now?: () => number } = {},
): Breaker {
  const { failures, silentMs, restMs, now = performance.now.bind(performance) } = { ...defaults, ...options }
  /** Calls that are not answered yet. */
  const waiting = createChain<Call>()
  let inRow = 0
  let answered = Number.NEGATIVE_INFINITY
  let opened: number | null = null
  let trial: Call | null = null

  const isSilent = () => {
    if (waiting.size < failures || now() - answered < silentMs) return false
    return now() - waiting.first()!.from >= silentMs
  }
  const isOpen = () => {
    if (opened === null && (inRow >= failures || isSilent())) opened = now()
    return opened !== null
  }
  const mayTry = () => trial === null && now() - opened! >= restMs

  const begin = (): Call => {
    const call: Call = {
      before: null,
      after: null,
      from: now(),
      succeeded() {
        waiting.remove(call)
        inRow = 0
        answered = now()
        opened = null
        trial = null
      },
      failed() {
        // One from before the last answer tells of what is over.
        if (waiting.remove(call) && call.from >= answered) inRow++
        if (inRow >= failures || opened !== null) opened = now()
        if (trial === call) trial = null
      },
    }
    waiting.add(call)
    return call
  }
  return {
    admit() {
      if (!isOpen()) return begin()
      if (!mayTry()) return null
      trial = begin()
      return trial
    },
    state() {
      if (!isOpen()) return 'closed'
      return trial !== null || mayTry() ? 'trying' : 'open'
    },
  }
}
