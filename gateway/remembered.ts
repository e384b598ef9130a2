import { LRUCache } from 'lru-cache'

type Known<Value> = { askedAt: number; value: Value }
type Entry<Value> = { askedAt: number; answer: Promise<Known<Value>> }

/**
 * Asks for each key at most once in `freshMs` and never twice at the same time. While asking fails, the last answer
 * holds until it is `staleMs` old; without one the failure is thrown. Times are in milliseconds.
 */
export function remembered<Question, Value>(options: {
  ask(question: Question): Promise<Value>
  freshMs: number
  staleMs: number
  most: number
  clock: () => number
  onFailure(error: unknown): void
}): (key: string, question: Question) => Promise<Value> {
  const { ask, freshMs, staleMs, most, clock, onFailure } = options
  const entries = new LRUCache<string, Entry<Value>>({ max: most })

  const renew = async (question: Question, askedAt: number, before: Entry<Value> | undefined) => {
    try {
      return { askedAt, value: await ask(question) }
    } catch (error) {
      onFailure(error)
      const last = await before?.answer.catch(() => null)
      if (!last || clock() - last.askedAt > staleMs) throw error
      return last
    }
  }
  return async (key, question) => {
    const before = entries.get(key)
    const now = clock()
    if (before && now - before.askedAt < freshMs) return (await before.answer).value
    const entry = { askedAt: now, answer: renew(question, now, before) }
    // Whoever waits for it is told; nobody may be waiting.
    entry.answer.catch(() => {})
    entries.set(key, entry)
    return (await entry.answer).value
  }
}
