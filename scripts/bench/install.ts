import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from '#kit/register.ts'

const folderOf = (peer: string) => join(root, '.bench', peer)

// In place of lockfiles of ten thousand lines: what a peer's packages bring with them is as it was on this day.
const pinned = '2026-11-21'

/** Loads packages of a peer that brings its own, which Nexus does not depend on. */
export const packagesOf = (peer: string): NodeJS.Require =>
  createRequire(join(folderOf(peer), 'package.json'))

/**
 * Installs what `peers/<peer>/package.json` names into `.bench/<peer>`, once for each text of that file. Says whether
 * the packages are there: without a registry they are not.
 */
export async function install(peer: string): Promise<boolean> {
  const wanted = readFileSync(join(import.meta.dirname, 'peers', peer, 'package.json'), 'utf8')
  const folder = folderOf(peer)
  // Written last: half an installation is none.
  const done = join(folder, 'installed.json')
  if (existsSync(done) && readFileSync(done, 'utf8') === wanted) return true
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), wanted)
  console.log(`Installing the packages of ${peer} into .bench/${peer}`)
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1']
  const npm = spawn('npm', ['install', '--prefix', folder, `--before=${pinned}`, ...options], {
    cwd: folder,
    stdio: 'inherit',
  })
  const ended = await once(npm, 'exit').catch((error: Error) => [error.message])
  if (ended[0] === 0) writeFileSync(done, wanted)
  return ended[0] === 0
}
