import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** As whom PostgreSQL runs. It refuses to run as root, so root has to become somebody else first. */
export type Account = {
  how: 'plain' | 'namespace' | 'nobody'
  /** Words in front of every command. */
  prefix: string[]
  /** Ids a child process switches to. */
  ids?: { uid: number; gid: number }
  /** Who must own the files, when that is not already the user of this process. */
  owner?: { uid: number; gid: number }
}

// Nothing of the caller's environment: PG* would change the server, LD_LIBRARY_PATH the libraries it loads.
const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/**
 * The account for this process: itself for a normal user; for root a user namespace that shows root as
 * `nobody` (files stay where they are and stay root's), or the real `nobody` where namespaces are refused.
 * Throws when none of them works.
 */
export function chooseAccount(options: { namespaces: boolean }): Account {
  if (process.getuid?.() !== 0) return { how: 'plain', prefix: [] }
  const ids = nobody()
  const namespace: Account = {
    how: 'namespace',
    prefix: ['unshare', '--user', `--map-user=${ids.uid}`, `--map-group=${ids.gid}`],
    owner: { uid: 0, gid: 0 },
  }
  if (options.namespaces && succeeds(namespace, ['true'])) return namespace
  const real: Account = { how: 'nobody', prefix: [], ids, owner: ids }
  if (succeeds(real, ['true'])) return real
  throw new Error(
    'PostgreSQL refuses to run as root, and this system allows neither user namespaces nor a switch to ' +
      'the user nobody. Start Nexus as a normal user, or set DATABASE_URL to a PostgreSQL of your own.',
  )
}

/** The file and the spawn options that run `command` as the account. The working folder is `/`. */
export function commandAs(account: Account, command: string[]) {
  const [file, ...args] = [...account.prefix, ...command]
  return { file: file as string, args, options: { cwd: '/', env: environment, ...account.ids } }
}

/** Whether the account can walk into the folder. */
export function reaches(account: Account, folder: string): boolean {
  return account.how === 'plain' || succeeds(account, ['test', '-x', folder])
}

/** Whether the command ends with 0 when the account runs it. */
export function succeeds(account: Account, command: string[]): boolean {
  return trial(account, command).status === 0
}

/** Runs the command as the account to its end: its exit status (null: did not run) and what it complained about. */
export function trial(account: Account, command: string[]): { status: number | null; complaint: string } {
  const { file, args, options } = commandAs(account, command)
  const result = spawnSync(file, args, { ...options, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  return { status: result.status, complaint: result.error?.message ?? result.stderr.trim() }
}

// initdb looks its user up by id, so the id must be one that /etc/passwd knows.
function nobody(): { uid: number; gid: number } {
  const line = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))
  if (!line) {
    throw new Error(
      'PostgreSQL refuses to run as root and this system has no user nobody to run it as. ' +
        'Start Nexus as a normal user, or set DATABASE_URL to a PostgreSQL of your own.',
    )
  }
  return { uid: Number(line[1]), gid: Number(line[2]) }
}
