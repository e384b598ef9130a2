import { NexusError } from './errors.ts'

const busy = () => new NexusError('RATE_LIMITED', 'Too much at once; try again in a moment')

/**
 * Lets at most `most` pieces of work run at once; the others wait in the order they came, at most `mostWaiting` of
 * them: the next one is refused with RATE_LIMITED.
 */
export function turns(
  most: number,
  mostWaiting = Number.POSITIVE_INFINITY,
): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running >= most && waiting.length >= mostWaiting) throw busy()
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      // A turn is handed on, not given back, so that nobody slips in between.
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}

/** Lets one piece of work of each name run at once; the others wait in the order they came. */
export function turnsByName(): <Result>(name: string, work: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<unknown>>()
  return (name, work) => {
    const done = (last.get(name) ?? Promise.resolve()).then(work)
    const settled = done
      .catch(() => {})
      .finally(() => {
        if (last.get(name) === settled) last.delete(name)
      })
    last.set(name, settled)
    return done
  }
}
