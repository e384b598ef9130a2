import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Account, commandAs, reaches } from './embedded-account.ts'
import { endLeftovers } from './embedded-leftovers.ts'

const run = promisify(execFile)

/**
 * A folder that the account can walk into, for what PostgreSQL has to read: the data folder of the house, or,
 * when that lies under a folder closed to the account, `outside` (only root gets there).
 */
export function openFolder(account: Account, dataDir: string, outside: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  if (account.ids) {
    chownSync(dataDir, statSync(dataDir).uid, account.ids.gid)
    chmodSync(dataDir, 0o710)
  }
  if (reaches(account, dataDir)) return dataDir
  // Not by mode alone: the umask of root may close it.
  if (mkdirSync(outside, { recursive: true })) chmodSync(outside, 0o755)
  if (reaches(account, outside)) return outside
  throw new Error(
    `PostgreSQL runs as another user than root, and that one can enter neither ${dataDir} nor ${outside}.`,
  )
}

/** The superuser's password: made on first use, kept in `<dataDir>/postgres-password` (0600). */
export function superuserPassword(dataDir: string): string {
  const file = join(dataDir, 'postgres-password')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  if (existsSync(join(dataDir, 'postgres', 'PG_VERSION'))) {
    throw new Error(`${file} is missing: the database in ${dataDir} cannot be opened without it.`)
  }
  const password = randomBytes(24).toString('base64url')
  const draft = `${file}-${process.pid}`
  writeFileSync(draft, `${password}\n`, { mode: 0o600 })
  renameSync(draft, file)
  return password
}

/**
 * The real path of a data folder ready for `postgres`, made with `initdb` the first time. `<dataDir>/postgres` is
 * that folder, or a link to it when the account cannot reach it there. A crash in the middle leaves nothing
 * that a later start takes for data.
 */
export async function dataFolder(
  account: Account,
  place: { dataDir: string; open: string; bin: string; password: string; sync: boolean },
  log: (line: string) => void,
): Promise<string> {
  const known = join(place.dataDir, 'postgres')
  const inside = place.open === place.dataDir
  const away = () => join(place.open, `postgres-data-${randomBytes(6).toString('hex')}`)
  const entry = lstatSync(known, { throwIfNoEntry: false })

  if (entry?.isSymbolicLink() && !existsSync(known)) {
    throw new Error(
      `${known} links to a folder that is gone. Bring it back, or remove the link to begin anew.`,
    )
  }
  if (!existsSync(join(known, 'PG_VERSION'))) {
    if (entry) removeEmpty(known)
    const target = inside ? known : away()
    log(`making the PostgreSQL data folder ${target}`)
    await initialise(account, target, place, log)
    if (!inside) symlinkSync(target, known)
  } else if (!inside && !entry?.isSymbolicLink()) {
    const target = away()
    log(`moving the PostgreSQL data to ${target}, where it can be read without root's rights`)
    move(known, target)
    symlinkSync(target, known)
  }
  const data = realpathSync(known)
  if (account.owner && statSync(data).uid !== account.owner.uid) give(data, account.owner)
  return data
}

async function initialise(
  account: Account,
  target: string,
  { bin, password, sync }: { bin: string; password: string; sync: boolean },
  log: (line: string) => void,
) {
  const parent = dirname(target)
  const draft = `${basename(target)}-new-`
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(draft)) continue
    await endLeftovers(join(parent, name, 'data'), log)
    rmSync(join(parent, name), { recursive: true, force: true })
  }
  const work = mkdtempSync(join(parent, draft))
  try {
    writeFileSync(join(work, 'password'), password, { mode: 0o600 })
    if (account.owner) give(work, account.owner)
    const { file, args, options } = commandAs(account, [
      ...[join(bin, 'initdb'), '-D', join(work, 'data'), '-U', 'nexus', `--pwfile=${join(work, 'password')}`],
      ...['--auth-local=reject', '--auth-host=scram-sha-256', '-E', 'UTF8'],
      ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...(sync ? [] : ['--no-sync']),
    ])
    await run(file, args, options).catch((error: Error & { stderr?: string }) => {
      throw new Error(`initdb failed in ${work}: ${error.stderr?.trim() || error.message}`, { cause: error })
    })
    renameSync(join(work, 'data'), target)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function removeEmpty(folder: string) {
  try {
    rmdirSync(folder)
  } catch (cause) {
    throw new Error(`${folder} is there and holds no PostgreSQL data: move it away.`, { cause })
  }
}

function give(path: string, owner: { uid: number; gid: number }) {
  lchownSync(path, owner.uid, owner.gid)
  if (!lstatSync(path).isDirectory()) return
  for (const name of readdirSync(path)) give(join(path, name), owner)
}

function move(from: string, to: string) {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    chmodSync(to, 0o700)
    rmSync(from, { recursive: true })
  }
}
