import { setTimeout as pause } from 'node:timers/promises'
import { deadlineIn } from '#kit/deadline.ts'
import { NexusError, unavailable } from '#kit/errors.ts'
import type { FetchOutcome } from '#kit/metrics-gateway.ts'
import type { SubgraphRequest, SubgraphResponse, Transport } from '#kit/transport.ts'
import type { Breaker } from './breaker.ts'
import { createBudget } from './budget.ts'
import { until } from './until.ts'

/** How long to wait before a call is made again, in milliseconds; half of it at least. */
const pauseMs = 100

/**
 * Makes calls as long as the breaker admits them, and those again that fail at once and may be repeated, while there
 * are few of them. What they reject with has an outcome.
 * @param options.deadlineMs how long a call may take, another attempt included, in milliseconds
 * @param options.onRepeat told of each that is made again
 */
export function createAttempts({
  transport,
  breaker,
  deadlineMs,
  onRepeat,
}: {
  transport: Transport
  breaker: Breaker
  deadlineMs: number
  onRepeat: () => void
}): (request: SubgraphRequest, mayRepeat: boolean) => Promise<SubgraphResponse> {
  const budget = createBudget()
  const inTime: Transport = transport.isTimely
    ? transport
    : (request) => until(request.deadline, () => transport(request))

  // As thens: each call of each operation passes here, and async functions cost it a tenth more.
  const attempt = (request: SubgraphRequest): Promise<SubgraphResponse> => {
    const admitted = breaker.admit()
    if (!admitted) return Promise.reject(resting)
    const broken = (error: unknown): never => {
      if (isRefusal(error)) admitted.succeeded()
      else admitted.failed()
      throw error
    }
    return inTime(request).then((answer) => {
      if (!isAnswer(answer)) return broken(unavailable())
      admitted.succeeded()
      return answer
    }, broken)
  }
  return (request, mayRepeat) => {
    const deadline = deadlineIn(deadlineMs)
    request.deadline = deadline
    budget.earn()
    const again = async (error: unknown) => {
      try {
        if (deadline.isOver) throw late
        if (!mayRepeat || isRefusal(error) || error === resting) throw error
        if (!budget.spend()) throw error
        await pause((pauseMs * (1 + Math.random())) / 2)
        if (deadline.isOver) throw late
        onRepeat()
        return await attempt(request)
      } finally {
        deadline.clear()
      }
    }
    return attempt(request).then((answer) => {
      deadline.clear()
      return answer
    }, again)
  }
}

const resting = unavailable()
const late = unavailable()

/** What a call has come to that was rejected with an error. */
export function outcomeOf(error: unknown): FetchOutcome {
  if (error === resting) return 'resting'
  if (error === late) return 'late'
  return isRefusal(error) ? 'refused' : 'failed'
}

/** A subgraph that says no is well. */
const isRefusal = (error: unknown) => error instanceof NexusError && error.code !== 'SERVICE_UNAVAILABLE'

function isAnswer(answer: unknown): answer is SubgraphResponse {
  if (typeof answer !== 'object' || answer === null) return false
  const { data, errors, json } = answer as Record<string, unknown>
  if (json !== undefined) return true
  return (data === null || typeof data === 'object' || Array.isArray(errors)) && !Array.isArray(data)
}
