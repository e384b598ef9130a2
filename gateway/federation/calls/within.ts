import { unavailable } from '#kit/errors.ts'

/** What a call that takes too long ends with. */
export const isLate = (error: unknown): boolean => error === late
const late = unavailable()

/**
 * Runs a call until it answers or is late, and aborts it then. Throws SERVICE_UNAVAILABLE when it is late.
 * @param ms how long it may take, in milliseconds
 */
export async function within<Result>(
  ms: number,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const end = Promise.withResolvers<never>()
  const timeout = setTimeout(() => {
    controller.abort()
    end.reject(late)
  }, ms)
  try {
    return await Promise.race([end.promise, call(controller.signal)])
  } finally {
    clearTimeout(timeout)
  }
}

/** Waits for a result no longer than until a signal aborts. Throws SERVICE_UNAVAILABLE then. */
export async function until<Result>(
  edge: AbortSignal | undefined,
  call: () => Promise<Result>,
): Promise<Result> {
  if (!edge) return call()
  if (edge.aborted) throw unavailable()
  const end = Promise.withResolvers<never>()
  const abort = () => end.reject(unavailable())
  edge.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([end.promise, call()])
  } finally {
    edge.removeEventListener('abort', abort)
  }
}
