import { type Deadline, deadlineIn } from '#kit/deadline.ts'
import { unavailable } from '#kit/errors.ts'

/** What a call that takes too long ends with. */
export const isLate = (error: unknown): boolean => error === late
const late = unavailable()

/**
 * Runs a call until it answers or is late. Throws SERVICE_UNAVAILABLE when it is late; the call is told, too.
 * @param ms how long it may take, in milliseconds
 */
export function within<Result>(ms: number, call: (deadline: Deadline) => Promise<Result>): Promise<Result> {
  const deadline = deadlineIn(ms)
  return waited(
    deadline,
    () => late,
    () => call(deadline),
  ).finally(deadline.clear)
}

/** Waits for a result no longer than until a deadline. Throws SERVICE_UNAVAILABLE then. */
export const until = <Result>(
  deadline: Deadline | undefined,
  call: () => Promise<Result>,
): Promise<Result> => (deadline ? waited(deadline, unavailable, call) : call())

async function waited<Result>(
  deadline: Deadline,
  end: () => Error,
  call: () => Promise<Result>,
): Promise<Result> {
  if (deadline.isOver) throw end()
  return new Promise((resolve, reject) => {
    deadline.onOver(() => reject(end()))
    call().then(resolve, reject)
  })
}
