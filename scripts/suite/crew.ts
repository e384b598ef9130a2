import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { root } from '#kit/register.ts'
import type { Ended, Told } from './told.ts'

/** A file with tests; `alone` is whether it has a process to itself. */
export type Task = { name: string; alone: boolean }

export type Hears = { ended(file: string, ended: Ended): void; took(file: string, ms: number): void }

const longestMs = 300_000
// A process keeps what its files have read and compiled; past this, in bytes, another one goes on.
const mostMemory = 1_200_000_000
const endsWithinMs = 30_000

type Outcome = { memory: number } | { broke: string }

function outcomeOf(child: ChildProcess, file: string, ended: (ended: Ended) => void): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const hear = (told: Told) => {
    if (told.kind === 'done') resolve(told)
    else ended(told)
  }
  const gone = (code: number | null, signal: string | null) =>
    resolve({ broke: `Its process ended with ${signal ?? code}` })
  const timer = setTimeout(() => resolve({ broke: `It took longer than ${longestMs / 1_000} s` }), longestMs)
  child.on('message', hear)
  child.once('exit', gone)
  child.send({ file })
  return promise.finally(() => {
    clearTimeout(timer)
    child.off('message', hear)
    child.off('exit', gone)
  })
}

/** Lets a process end by itself, which one does that has nothing open. */
async function leave(child: ChildProcess): Promise<string | undefined> {
  if (child.exitCode !== null || child.signalCode !== null) return undefined
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  child.once('exit', () => resolve(undefined))
  child.disconnect()
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
    resolve(`Its process did not end within ${endsWithinMs / 1_000} s: something is still open`)
  }, endsWithinMs)
  return promise.finally(() => clearTimeout(timer))
}

/** Does one task after the other until `next` has none, in one process as far as may be. */
export async function member(
  next: () => Task | undefined,
  hears: Hears,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const begin = () => fork(join(import.meta.dirname, 'worker.ts'), { cwd: root, env })
  const failed = (name: string, reason: string) =>
    hears.ended(name, { kind: 'failed', name, isSuite: false, reason })
  const end = async (child: ChildProcess, name: string) => {
    const reason = await leave(child)
    if (reason) failed(name, reason)
  }
  let shared: ChildProcess | undefined
  let last = ''
  for (let task = next(); task; task = next()) {
    const { name, alone } = task
    if (!alone) {
      shared ??= begin()
      last = name
    }
    const child = alone || !shared ? begin() : shared
    const from = performance.now()
    const outcome = await outcomeOf(child, name, (ended) => hears.ended(name, ended))
    hears.took(name, performance.now() - from)
    if ('broke' in outcome) {
      failed(name, outcome.broke)
      child.kill('SIGKILL')
    } else if (alone || outcome.memory > mostMemory) await end(child, name)
    else continue
    if (child === shared) shared = undefined
  }
  if (shared) await end(shared, last)
}
