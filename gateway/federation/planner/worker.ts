import { fork } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import { join } from 'node:path'
import { GraphQLError } from 'graphql'
import type { Answer, Asked, Task } from './tasks.ts'

/** A process that plans, one task at a time. */
export type Worker = {
  /**
   * Rejects with `late` when it takes longer than `ms` milliseconds, and with what broke: the worker is then gone.
   * A GraphQLError, or a supergraph that does not load, leaves it as it is.
   */
  ask(task: Asked, ms: number): Promise<string>
  forget(supergraph: number): void
  readonly isAlive: boolean
  /** Whoever waits for an answer is told that the worker ended. */
  close(): Promise<void>
}

export const late = new Error('Planning took too long')

/**
 * A process, not a thread: one array that does not fit ends all threads of a process, whatever limit they have.
 * @param memoryMb what the planner may keep, in MiB; one that needs more is ended
 */
export function openWorker(memoryMb: number): Worker {
  const cache = getCompileCacheDir()
  const child = fork(join(import.meta.dirname, 'work.ts'), {
    execArgv: [`--max-old-space-size=${memoryMb}`],
    // It needs no secrets, and says nothing but its answers.
    env: cache === undefined ? {} : { NODE_COMPILE_CACHE: cache },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let isAlive = true
  let waiting: PromiseWithResolvers<string> | undefined
  const end = (reason: Error) => {
    isAlive = false
    waiting?.reject(reason)
    waiting = undefined
    child.kill('SIGKILL')
  }
  child.on('message', (answer: Answer) => {
    if ('json' in answer) waiting?.resolve(answer.json)
    else if ('failure' in answer) waiting?.reject(new Error(answer.failure))
    else waiting?.reject(new GraphQLError(answer.refusal.message, answer.refusal))
    waiting = undefined
  })
  child.on('error', end)
  child.on('exit', (code, signal) => end(new Error(`The planner ended with ${signal ?? code}`)))
  // Only who waits for an answer keeps this process.
  child.unref()
  child.channel?.unref()
  const send = (task: Task) => {
    // Where it cannot be sent, the end of the process is told, too.
    if (isAlive) child.send(task, () => {})
  }
  return {
    get isAlive() {
      return isAlive
    },
    async close() {
      end(new Error('The planner was ended'))
      child.ref()
      if (child.exitCode === null && child.signalCode === null) await gone
    },
    forget: (supergraph) => send({ kind: 'forget', supergraph }),
    async ask(task, ms) {
      if (!isAlive) throw new Error('The planner has ended')
      const mine = Promise.withResolvers<string>()
      waiting = mine
      const isLate = () => {
        if (waiting === mine) end(late)
      }
      // An answer that came while this thread was busy is read before the one that asked is told that it is late.
      const timer = setTimeout(() => setImmediate(isLate), ms)
      send(task)
      try {
        return await mine.promise
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
