import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * Ends what an earlier house that was killed left running on the data folder, a postmaster or
 * backends that outlived one, and removes the lock file that would refuse the next start.
 * The caller holds the house lock, so none of these belongs to a living house.
 */
export async function endLeftovers(folder: string, log: (line: string) => void): Promise<void> {
  if (!existsSync(folder)) return
  const data = realpathSync(folder)
  const lockFile = join(data, 'postmaster.pid')
  const first = postmasters(data)
  if (first.length > 0) {
    log(`ending a PostgreSQL that an earlier start left behind (pid ${first.join(', ')})`)
    // A postmaster shuts down fast and cleanly on SIGINT; backends without one only cancel what they do.
    const patience = first.includes(lockedBy(lockFile) ?? -1) ? 5_000 : 500
    if (!(await ended(data, first, 'SIGINT', patience)))
      await ended(data, postmasters(data), 'SIGKILL', 2_000)
  }
  rmSync(lockFile, { force: true })
}

async function ended(data: string, pids: number[], signal: NodeJS.Signals, patience: number) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It ended by itself in the meantime.
    }
  }
  const deadline = Date.now() + patience
  while (postmasters(data).length > 0) {
    if (Date.now() > deadline) return false
    await pause(10)
  }
  return true
}

/** Every PostgreSQL process works in its data folder: that finds backends whose postmaster is dead, too. */
function postmasters(data: string): number[] {
  if (!existsSync('/proc/self/cwd')) return withoutProc(data)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        // A zombie has no working folder any more: reading it fails.
        return (
          readlinkSync(`/proc/${pid}/cwd`) === data &&
          readFileSync(`/proc/${pid}/comm`, 'utf8') === 'postgres\n'
        )
      } catch {
        return false
      }
    })
    .map(Number)
}

function withoutProc(data: string): number[] {
  const pid = lockedBy(join(data, 'postmaster.pid'))
  if (pid === undefined) return []
  const { stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'stat=,comm='], { encoding: 'utf8' })
  return /^[^Z]\S*\s.*postgres$/m.test(stdout ?? '') ? [pid] : []
}

function lockedBy(lockFile: string): number | undefined {
  if (!existsSync(lockFile)) return undefined
  const pid = Number.parseInt(readFileSync(lockFile, 'utf8'), 10)
  return pid > 1 ? pid : undefined
}
