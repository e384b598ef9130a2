import { NexusError } from './errors.ts'

/** Values that wait for one consumer. */
export type Queue<Value> = Required<Pick<AsyncIterableIterator<Value>, 'next' | 'return'>> & {
  push(value: Value): void
  [Symbol.asyncIterator](): Queue<Value>
}

const most = 1_000

/**
 * A queue with an end: a consumer that lets more than `limit` values wait loses them, and is told so by
 * SLOW_CONSUMER at its next pull. `return` ends it at once, also while it is being waited for.
 * @param options.onEnd runs once, whoever ends it
 */
export function createQueue<Value>(options: { limit?: number; onEnd?(): void } = {}): Queue<Value> {
  const { limit = most, onEnd } = options
  const values: Value[] = []
  const pulls: PromiseWithResolvers<IteratorResult<Value, undefined>>[] = []
  let ended = false
  let failure: NexusError | undefined
  const end = () => {
    if (ended) return
    ended = true
    values.length = 0
    for (const pull of pulls.splice(0)) pull.resolve({ done: true, value: undefined })
    onEnd?.()
  }
  return {
    push(value) {
      if (ended) return
      const pull = pulls.shift()
      if (pull) return pull.resolve({ done: false, value })
      if (values.push(value) <= limit) return
      failure = new NexusError('SLOW_CONSUMER', `More than ${limit} updates waited to be read`)
      end()
    },
    async next() {
      const value = values.shift()
      if (value !== undefined) return { done: false, value }
      const thrown = failure
      failure = undefined
      if (thrown) throw thrown
      if (ended) return { done: true, value: undefined }
      const pull = Promise.withResolvers<IteratorResult<Value, undefined>>()
      pulls.push(pull)
      return pull.promise
    },
    async return() {
      end()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

export const isStream = <Value>(of: object): of is AsyncIterable<Value> => Symbol.asyncIterator in of

/**
 * A generator that can be left while it waits. `return` alone would wait for the generator's next value, so it
 * aborts the controller first, whose signal must end what the generator waits for.
 */
export function cancellable<Value>(
  controller: AbortController,
  values: AsyncGenerator<Value, void>,
): AsyncIterableIterator<Value, void> {
  return {
    next: () => values.next(),
    async return() {
      controller.abort()
      return values.return()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
