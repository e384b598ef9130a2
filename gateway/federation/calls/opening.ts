import { unavailable } from '#kit/errors.ts'
import { within } from './within.ts'

/**
 * Waits until a stream is open, no longer than until its subscriber goes. Throws SERVICE_UNAVAILABLE when that is
 * sooner, or late.
 * @param ms how long it may take, in milliseconds
 * @param open is given what ends the stream: the subscriber's signal, or that it was late
 */
export function opening<Stream>(
  subscriber: AbortSignal,
  ms: number,
  open: (ends: AbortSignal) => Promise<Stream>,
): Promise<Stream> {
  const late = new AbortController()
  return within(ms, async (deadline) => {
    deadline.onOver(() => late.abort())
    if (subscriber.aborted) throw unavailable()
    const gone = Promise.withResolvers<never>()
    const go = () => gone.reject(unavailable())
    subscriber.addEventListener('abort', go, { once: true })
    try {
      return await Promise.race([gone.promise, open(AbortSignal.any([subscriber, late.signal]))])
    } finally {
      subscriber.removeEventListener('abort', go)
    }
  })
}
