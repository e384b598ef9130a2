import { Worker } from 'node:worker_threads'
import { GraphQLError } from 'graphql'
import type { Answer, Asked, Task } from './tasks.ts'

/** A thread that plans, one task at a time. */
export type Thread = {
  /**
   * Rejects with `late` when it takes longer than `ms` milliseconds, and with what broke: the thread is then gone.
   * A GraphQLError, or a supergraph that does not load, leaves it as it is.
   */
  ask(task: Asked, ms: number): Promise<string>
  forget(supergraph: number): void
  readonly isAlive: boolean
  /** Whoever waits for an answer is told that the thread ended. */
  close(): Promise<void>
}

export const late = new Error('Planning took too long')

/** @param memoryMb what the planner may keep, in MiB; one that needs more is ended */
export function openThread(memoryMb: number): Thread {
  const worker = new Worker(new URL('work.ts', import.meta.url), {
    name: 'planner',
    // What this process was started with need not fit a thread.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  })
  let isAlive = true
  let waiting: PromiseWithResolvers<string> | undefined
  const end = (reason: Error) => {
    isAlive = false
    waiting?.reject(reason)
    waiting = undefined
  }
  worker.on('message', (answer: Answer) => {
    if ('json' in answer) waiting?.resolve(answer.json)
    else if ('failure' in answer) waiting?.reject(new Error(answer.failure))
    else waiting?.reject(new GraphQLError(answer.refusal.message, answer.refusal))
    waiting = undefined
  })
  worker.on('error', end)
  worker.on('exit', () => end(new Error('The planning thread ended')))
  // Only who waits for an answer keeps the process.
  worker.unref()
  const close = async () => {
    end(new Error('The planning thread was ended'))
    await worker.terminate()
  }
  return {
    get isAlive() {
      return isAlive
    },
    close,
    forget: (supergraph) => worker.postMessage({ kind: 'forget', supergraph } satisfies Task),
    async ask(task, ms) {
      if (!isAlive) throw new Error('The planning thread has ended')
      const mine = Promise.withResolvers<string>()
      waiting = mine
      const isLate = () => {
        if (waiting !== mine) return
        end(late)
        void worker.terminate()
      }
      // An answer that came while this thread was busy is read before the one that asked is told that it is late.
      const timer = setTimeout(() => setImmediate(isLate), ms)
      worker.postMessage(task)
      try {
        return await mine.promise
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
