import type { ExecutionResult } from 'graphql'
import { cancellable } from '#kit/stream.ts'
import type { SubgraphResponse } from '#kit/transport.ts'
import { unauthorized } from './authorize/answer.ts'
import type { Generations } from './generations.ts'
import { type Caller, run } from './operation.ts'
import { type Followed, follow } from './subscribe/follow.ts'
import { type SubscribeRequest, type Tap, tapped } from './subscribe/tap.ts'

export type Subscribed = ExecutionResult | AsyncIterableIterator<ExecutionResult, void>

/**
 * Subscribes to the one subgraph that owns the field, and fetches what each event points to from the others.
 * Resolves with the answers once the subgraph listens, or with errors that refuse it. The plan is made once for
 * each supergraph; `return` of the answers ends the upstream, also while they are waited for.
 * @param options.deadlineMs how long the fetches of one event may take, in milliseconds
 * @param options.jitterMs within which it ends when another supergraph does not have what it asks for
 */
export async function subscribe(
  generations: Generations,
  request: SubscribeRequest,
  { jitterMs, ...rules }: Pick<Caller, 'authorization' | 'deadlineMs'> & { jitterMs: number },
): Promise<Subscribed> {
  const controller = new AbortController()
  const { signal } = controller
  const { document, ...question } = request
  const caller: Caller = { context: question.context, ...rules }
  const first = await tapped(generations.of(document.schema), request, caller, signal)
  if ('errors' in first) return first
  const again = { ...question, text: document.text }
  const followed = follow(generations, again, first, { caller, signal, jitterMs })
  const answer = async ({ serving, prepared }: Tap, event: SubgraphResponse) => {
    const judgement = prepared.judgeAgain()
    const isSame = (typeof judgement === 'string' ? judgement : await judgement) === prepared.judgement
    if (isSame || caller.authorization.dryRun) return run(serving.sources, prepared, { ...caller, event })
    return null
  }
  return cancellable(controller, answers(controller, followed, answer))
}

/** The last answer to who may see more or less than at the beginning: both need another plan. */
const changed: ExecutionResult = {
  errors: [unauthorized(undefined, 'What you may see has changed; subscribe again')],
}

async function* answers(
  controller: AbortController,
  followed: Followed,
  answer: (tap: Tap, event: SubgraphResponse) => Promise<ExecutionResult | null>,
): AsyncGenerator<ExecutionResult, void> {
  try {
    for (;;) {
      const { events } = followed.tap
      const told = await next(events, () => followed.tap.events !== events)
      // Who has taken over tells it, too.
      if (followed.tap.events !== events) continue
      if (told.done) break
      const answered = await answer(followed.tap, told.value)
      if (!answered) return yield changed
      yield answered
    }
    if (followed.errors) yield { errors: followed.errors }
  } finally {
    controller.abort()
    await followed.tap.events.return?.()
  }
}

/** The next event; none where it breaks off because another tap has taken its place. */
async function next(
  events: Tap['events'],
  isReplaced: () => boolean,
): Promise<IteratorResult<SubgraphResponse>> {
  try {
    return await events.next()
  } catch (error) {
    if (!isReplaced()) throw error
    return { done: true, value: undefined }
  }
}
