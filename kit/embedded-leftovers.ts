import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * Ends what an earlier house that was killed left running on the data folder, a postmaster, backends that
 * outlived one, or the `initdb` that makes it, and removes the lock file that would refuse the next start.
 * The caller holds the house lock, so none of these belongs to a living house.
 */
export async function endLeftovers(folder: string, log: (line: string) => void): Promise<void> {
  if (!existsSync(dirname(folder))) return
  const lockFile = join(folder, 'postmaster.pid')
  const first = leftovers(folder)
  if (first.length > 0) {
    log(`ending a PostgreSQL that an earlier start left behind (pid ${first.join(', ')})`)
    // A postmaster shuts down fast and cleanly on SIGINT; backends without one only cancel what they do.
    const patience = first.includes(lockedBy(lockFile) ?? -1) ? 5_000 : 500
    const left = () => leftovers(folder)
    if (!(await ended(left, 'SIGINT', patience))) await ended(left, 'SIGKILL', 2_000)
  }
  rmSync(lockFile, { force: true })
}

async function ended(left: () => number[], signal: NodeJS.Signals, patience: number) {
  for (const pid of left()) {
    try {
      process.kill(pid, signal)
    } catch {
      // It ended by itself in the meantime.
    }
  }
  const deadline = Date.now() + patience
  while (left().length > 0) {
    if (Date.now() > deadline) return false
    await pause(10)
  }
  return true
}

function leftovers(folder: string): number[] {
  if (!existsSync('/proc/self/cwd')) return withoutProc(folder)
  const data = realOf(folder)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
        // Every PostgreSQL process works in its data folder: that finds backends whose postmaster is dead, too.
        // A zombie has no working folder any more: reading it fails.
        if (name === 'postgres') return readlinkSync(`/proc/${pid}/cwd`) === data
        return name === 'initdb' && makes(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), folder)
      } catch {
        return false
      }
    })
    .map(Number)
}

/** The folder itself; an `initdb` that is being ended takes its own away. */
function realOf(folder: string): string | undefined {
  try {
    return realpathSync(folder)
  } catch {
    return undefined
  }
}

function makes(commandLine: string, folder: string): boolean {
  const words = commandLine.split('\0')
  const made = words[words.indexOf('-D') + 1]
  const real = (path: string) => join(realpathSync(dirname(path)), basename(path))
  return made !== undefined && real(made) === real(folder)
}

function withoutProc(folder: string): number[] {
  const pid = lockedBy(join(folder, 'postmaster.pid'))
  if (pid === undefined) return []
  const { stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'stat=,comm='], { encoding: 'utf8' })
  return /^[^Z]\S*\s.*postgres$/m.test(stdout ?? '') ? [pid] : []
}

function lockedBy(lockFile: string): number | undefined {
  if (!existsSync(lockFile)) return undefined
  const pid = Number.parseInt(readFileSync(lockFile, 'utf8'), 10)
  return pid > 1 ? pid : undefined
}
