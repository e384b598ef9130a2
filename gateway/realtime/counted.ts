import { isStream } from '#kit/stream.ts'
import type { GatewayContext } from '../context.ts'
import type { Answer, Asked } from '../operations.ts'
import type { Counter } from '../rates.ts'
import type { Answers, Live } from './live.ts'

export type Answering = { asked: Asked; context: GatewayContext }

/** Counts what a key asks over a socket; a refusal is the answer. What goes on is at once until it ends. */
export function counted(answer: Live['answer'], counter: Counter) {
  return async ({ asked, context }: Answering): Promise<Answer | Answers> => {
    const counting = counter.count(context.viewer)
    if (!counting) return answer(asked, context)
    const { refused, leave } = await counting
    if (refused) return { errors: [{ message: refused.message, extensions: refused.extensions }] }
    const answered = await answer(asked, context)
    if (isStream(answered)) return leaving(answered as Answers, leave)
    leave()
    return answered
  }
}

/** The answers; `leave` is called when they are over, however that comes. */
const leaving = (answers: Answers, leave: () => void): Answers => ({
  async next() {
    const answer = await answers.next()
    if (answer.done) leave()
    return answer
  },
  async return() {
    leave()
    await answers.return?.()
    return { done: true, value: undefined }
  },
  [Symbol.asyncIterator]() {
    return this
  },
})
