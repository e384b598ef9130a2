/** Real processes for tests: `npm start` as a user runs it, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { root } from '#kit/register.ts'
import { createCanaries } from '../witness.ts'

/** What processes of this file have printed. */
const printed: (() => string)[] = []
after(() => {
  const canaries = createCanaries()
  canaries.gather({ password: 'correct-horse-battery', email: 'admin@acme.example' })
  // What is no line of the log is for who started them, such as the password of the demo.
  const lines = printed.flatMap((output) => output().split('\n')).filter((line) => line.startsWith('{"'))
  canaries.assertUntold({ log: lines.join('\n'), traces: '', metrics: '', errors: '' })
})

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })

export const tempDir = (): { path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), 'nexus-process-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export type Started = {
  /** The npm process; `housePid` is the house's own. */
  npm: ChildProcess
  output(): string
  /** Resolves with the exit code; throws after `ms`. */
  ended(ms: number): Promise<number | null>
}

/** Runs `npm start` (or another command) in `cwd` and collects what it prints. */
export function npmStart(env: Record<string, string>, cwd = root, command = ['npm', 'start']): Started {
  const [file, ...args] = command
  const npm = spawn(file!, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let text = ''
  for (const stream of [npm.stdout!, npm.stderr!]) stream.on('data', (chunk) => (text += chunk))
  printed.push(() => text)
  const exit = new Promise<number | null>((resolve) => npm.once('exit', resolve))
  return {
    npm,
    output: () => text,
    ended: async (ms) => {
      const late = pause(ms, 'late' as const, { ref: false })
      const code = await Promise.race([exit, late])
      if (code === 'late') throw new Error(`still running after ${ms} ms:\n${text}`)
      return code
    },
  }
}

export async function until(
  what: string,
  ms: number,
  check: () => Promise<boolean> | boolean,
): Promise<number> {
  const from = Date.now()
  while (Date.now() - from < ms) {
    // What is looked at may be half written, or not there yet.
    const seen = await (async () => check())().catch(() => false)
    if (seen) return Date.now() - from
    await pause(50)
  }
  throw new Error(`not within ${ms} ms: ${what}`)
}

export const statusOf = (url: string): Promise<number> =>
  fetch(url).then(
    (response) => response.status,
    () => 0,
  )

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z')
  } catch {
    return false
  }
}

export const housePid = (dataDir: string): number =>
  JSON.parse(readFileSync(join(dataDir, 'house.json'), 'utf8')).pid
export const postgresPid = (dataDir: string): number =>
  Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
