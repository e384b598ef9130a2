/** Things that one at a time may use, and those who wait for one. */
export type Turns<Thing> = {
  /** Waits for a thing; rejects with `busy` after `ms` milliseconds, or at once when too many wait already. */
  take(ms: number): Promise<Thing>
  /** Hands a thing to who waits longest. */
  give(thing: Thing): void
  /** Whoever waits, or comes later, is told `busy`. */
  close(): void
}

export const busy = new Error('Too many wait')

export function createTurns<Thing>(mostWaiting: number): Turns<Thing> {
  const free: Thing[] = []
  const waiting = new Set<PromiseWithResolvers<Thing>>()
  let isClosed = false
  return {
    async take(ms) {
      if (isClosed) throw busy
      const thing = free.shift()
      if (thing !== undefined) return thing
      if (waiting.size >= mostWaiting) throw busy
      const turn = Promise.withResolvers<Thing>()
      waiting.add(turn)
      const timer = setTimeout(() => {
        waiting.delete(turn)
        turn.reject(busy)
      }, ms)
      return turn.promise.finally(() => clearTimeout(timer))
    },
    give(thing) {
      const [next] = waiting
      if (!next) return void free.push(thing)
      waiting.delete(next)
      next.resolve(thing)
    },
    close() {
      isClosed = true
      for (const turn of waiting) turn.reject(busy)
      waiting.clear()
    },
  }
}
