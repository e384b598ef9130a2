import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type House = {
  pid: number
  /** Where it answers; null while it is still starting. */
  url: string | null
  /** ISO 8601. */
  startedAt: string
  /** Where its embedded database is, without a password. */
  database?: string
}

export type Lock = {
  /** Lets other processes of this machine know where the house answers. */
  publish(info: { url: string; database?: string | undefined }): void
  /** Gives the folder free. May be called again. */
  release(): void
}

// `process` tells a reused pid from the process that wrote the record; `nonce` tells records apart.
type Holder = House & { process: string; nonce: string }

/**
 * Makes this process the only house on the folder, recorded in `<dataDir>/house.json` (0600). Throws when a
 * living process holds it. A record whose process has died, or whose pid now belongs to another one, is taken
 * over; of several starters at once exactly one wins.
 */
export function acquireLock(dataDir: string): Lock {
  const folder = resolve(dataDir)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'house.json')
  const own: Holder = {
    pid: process.pid,
    url: null,
    startedAt: new Date().toISOString(),
    process: identity(process.pid) ?? '',
    nonce: randomUUID(),
  }
  while (!take(folder, file, own)) {
    // Another starter was faster: look again at who holds it now.
  }
  return {
    publish: ({ url, database }) => {
      own.url = url
      if (database) own.database = database
      renameSync(draft(folder, own), file)
    },
    release: () => {
      if (read(file)?.nonce === own.nonce) rmSync(file, { force: true })
    },
  }
}

/** The living house on the folder, or null. */
export function readHouse(dataDir: string): House | null {
  const holder = read(join(resolve(dataDir), 'house.json'))
  if (!holder || !alive(holder)) return null
  const { pid, url, startedAt, database } = holder
  return { pid, url, startedAt, ...(database && { database }) }
}

/**
 * One attempt. A free folder is taken by creating house.json, which only one process can. A dead holder N is
 * succeeded by creating `house-N.json`, which again only one can, and then putting that in the place of
 * house.json. A successor may die in between, so the heirs form a chain, and the last of it is the holder.
 * Heirs are removed only after house.json has changed: who finds house.json unchanged after becoming the heir
 * has therefore not been overtaken.
 */
function take(folder: string, file: string, own: Holder): boolean {
  const heirOf = (holder: Holder) => join(folder, `house-${holder.nonce}.json`)
  const first = read(file)
  if (!first) return create(folder, file, own)

  let last = first
  const heirs: string[] = []
  for (let heir: Holder | null = first; heir; heir = read(heirOf(heir))) {
    if (heir !== first) heirs.push(heirOf(last))
    last = heir
  }
  if (alive(last)) throw new Error(refusal(folder, last))
  if (!create(folder, heirOf(last), own)) return false
  heirs.push(heirOf(last))
  if (read(file)?.nonce !== first.nonce) {
    rmSync(heirOf(last), { force: true })
    return false
  }
  renameSync(draft(folder, own), file)
  for (const heir of heirs) rmSync(heir, { force: true })
  return true
}

function refusal(folder: string, { pid, url }: Holder): string {
  return (
    `Another Nexus (pid ${pid}, ${url ?? 'still starting'}) already uses the folder ${folder}. ` +
    'Stop it first, or set NEXUS_DATA_DIR to another folder for this one.'
  )
}

/** Creates the file whole or not at all; false when it is there already. */
function create(folder: string, file: string, own: Holder): boolean {
  const from = draft(folder, own)
  try {
    linkSync(from, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(from, { force: true })
  }
}

function draft(folder: string, own: Holder): string {
  const file = join(folder, `house.${own.nonce}.draft`)
  writeFileSync(file, `${JSON.stringify(own, null, 2)}\n`, { mode: 0o600 })
  return file
}

function read(file: string): Holder | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    return JSON.parse(text) as Holder
  } catch {
    // Records appear whole: only a power failure leaves one like this, and it ended the holder, too.
    return { pid: -1, url: null, startedAt: '', process: '', nonce: 'unreadable' }
  }
}

function alive(holder: Holder): boolean {
  const now = identity(holder.pid)
  return now !== undefined && (holder.process === '' || holder.process === now)
}

/** What stays the same while a process lives and differs from a later one with its pid. Undefined: not running. */
function identity(pid: number): string | undefined {
  if (!existsSync('/proc/self/stat')) {
    const { stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'stat=,lstart='], { encoding: 'utf8' })
    const [, state, started] = /^(\S)\S*\s+(.+)$/.exec(stdout?.trim() ?? '') ?? []
    return state === 'Z' ? undefined : started
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // After the name, which is in parentheses and may hold anything: the state, and 19 fields on the start time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`
  } catch {
    return undefined
  }
}
