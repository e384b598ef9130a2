import { deadlineIn } from '#kit/deadline.ts'
import { unavailable } from '#kit/errors.ts'
import { until } from './until.ts'

/**
 * Waits until a stream is open, no longer than until its subscriber goes. Throws SERVICE_UNAVAILABLE when that is
 * sooner, or late.
 * @param ms how long it may take, in milliseconds
 * @param open is given what ends the stream: the subscriber's signal, or that it was late
 */
export async function opening<Stream>(
  subscriber: AbortSignal,
  ms: number,
  open: (ends: AbortSignal) => Promise<Stream>,
): Promise<Stream> {
  if (subscriber.aborted) throw unavailable()
  const deadline = deadlineIn(ms)
  const late = new AbortController()
  deadline.onOver(() => late.abort())
  subscriber.addEventListener('abort', deadline.end, { once: true })
  try {
    return await until(deadline, () => open(AbortSignal.any([subscriber, late.signal])))
  } finally {
    deadline.clear()
    subscriber.removeEventListener('abort', deadline.end)
  }
}
