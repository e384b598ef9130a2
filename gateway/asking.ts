import type { z } from 'zod'
import { unavailable } from '#kit/errors.ts'
import { newId } from '#kit/id.ts'
import { internalSigner, type Keys } from '#kit/tokens.ts'
import type { Transport } from '#kit/transport.ts'
import type { Viewer } from '#kit/viewer.ts'

/** How long identity may take to answer the door, in milliseconds. */
const answerWithinMs = 2_000

/** How the door asks identity, as the viewer. What it returns throws SERVICE_UNAVAILABLE when no such answer comes. */
export function asking(identity: Transport, keys: Keys) {
  const sign = internalSigner(keys, 'door')
  return async <Shape>(shape: z.ZodType<Shape>, viewer: Viewer, query: string, variables = {}) => {
    const token = await sign(viewer, 'identity')
    const asked = identity({ query, variables, token, requestId: newId() })
    const { data, errors } = await within(answerWithinMs, asked)
    const answer = shape.safeParse(data)
    if (!answer.success || errors?.length) throw unavailable()
    return answer.data
  }
}

/** Throws SERVICE_UNAVAILABLE when it takes longer, or fails. */
async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(unavailable()), ms)
  try {
    return await Promise.race([work, late.promise])
  } catch {
    throw unavailable()
  } finally {
    clearTimeout(timer)
  }
}
