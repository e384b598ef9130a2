import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { alive } from './folders.ts'

export const root = process.getuid?.() === 0

/** A process of its own that starts PostgreSQL, as a house does, and waits. */
export async function houseIn(
  t: TestContext,
  dataDir: string,
  options: { checkout?: string; environment?: Record<string, string>; normal?: boolean } = {},
) {
  const kit = options.checkout ? join(options.checkout, 'kit') : join(import.meta.dirname, '..')
  const program = `
    import { startPostgres } from ${JSON.stringify(join(kit, 'embedded.ts'))}
    const { pid, url } = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, durable: false })
    console.log(JSON.stringify({ postgres: pid, url }))`
  const { words, ids } = root && options.normal ? normalUser(dataDir) : { words: [], ids: {} }
  const [file, ...args] = [...words, process.execPath, '--input-type=module', '-e', program]
  const child = spawn(file as string, args, {
    env: { ...process.env, ...options.environment },
    ...ids,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  killers.set(t, [...(killers.get(t) ?? []), kill])
  t.after(kill)
  for await (const line of createInterface(child.stdout)) {
    const { postgres, url } = JSON.parse(line) as { postgres: number; url: string }
    t.after(async () => {
      if (alive(postgres)) process.kill(postgres, 'SIGKILL')
      while (alive(postgres)) await pause(5)
    })
    return { pid: child.pid as number, postgres, url, ended, kill }
  }
  throw new Error('the house ended before PostgreSQL was ready')
}

/** For root: the user nobody, or, where that one cannot read this checkout, a namespace that hides root. */
function normalUser(dataDir: string): { words: string[]; ids: { uid?: number; gid?: number } } {
  const ids = { uid: 65534, gid: 65534 }
  if (spawnSync('test', ['-r', import.meta.filename], ids).status !== 0) {
    return { words: ['unshare', '--user', '--map-user=65534', '--map-group=65534'], ids: {} }
  }
  chownSync(dataDir, ids.uid, ids.gid)
  return { words: [], ids }
}

const killers = new Map<TestContext, (() => Promise<void>)[]>()

/** Ends with SIGKILL the houses that the test has started. */
export async function killHouses(t: TestContext) {
  for (const kill of killers.get(t) ?? []) await kill()
}
