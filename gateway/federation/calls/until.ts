import type { Deadline } from '#kit/deadline.ts'
import { unavailable } from '#kit/errors.ts'

/** Waits for a result no longer than until a deadline. Throws SERVICE_UNAVAILABLE then. */
export function until<Result>(deadline: Deadline | undefined, call: () => Promise<Result>): Promise<Result> {
  if (!deadline) return call()
  if (deadline.isOver) return Promise.reject(unavailable())
  return new Promise((resolve, reject) => {
    deadline.onOver(() => reject(unavailable()))
    call().then(resolve, reject)
  })
}
