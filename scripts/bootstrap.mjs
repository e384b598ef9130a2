// Installs and builds what is missing before any other script runs. Plain JavaScript without dependencies, because it
// starts on whatever Node >= 20.19 the machine has; Node 24, which the rest needs, is among what it installs.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildWeb, webIsBuilt } from './build-web.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const lockFile = join(root, 'package-lock.json')
const stampFile = join(modules, '.nexus-installed')
const newNode = join(modules, '.bin', 'node')
// What builds the page is among the development packages.
const production = process.env.NODE_ENV === 'production' && webIsBuilt()
const platform = `${process.platform}-${process.arch}`

requireNode(20, 19)
const lock = readFileSync(lockFile)
const want = `${createHash('sha256').update(lock).digest('hex')} ${platform}`
if (!stamped()) {
  const { packages } = JSON.parse(lock.toString('utf8'))
  if (!installed(packages)) install()
  requireNewNode(packages)
  // What holds the development packages also serves production.
  writeFileSync(stampFile, `${want} ${production ? 'production' : 'all'}\n`)
}
if (!buildWeb()) fail('the page could not be built, see above.')

function stamped() {
  if (!existsSync(stampFile)) return false
  const stamp = readFileSync(stampFile, 'utf8').trim()
  const enough = stamp === `${want} all` || (production && stamp === `${want} production`)
  return enough && (existsSync(newNode) || atLeast(24))
}

/** Whether npm itself, in the record it keeps of its last complete install, has all that the lock asks for. */
function installed(packages) {
  const record = join(modules, '.package-lock.json')
  if (!existsSync(record) || (supported(packages).includes(platform) && !existsSync(newNode))) return false
  const { packages: present } = JSON.parse(readFileSync(record, 'utf8'))
  return Object.entries(packages).every(([path, wanted]) => {
    if (path === '' || !wantedHere(wanted)) return true
    return present[path]?.version === wanted.version && existsSync(join(root, path, 'package.json'))
  })
}

function wantedHere({ dev, devOptional, optional, os, cpu, libc }) {
  if (production && (dev || devOptional)) return false
  if (optional && !os) return false
  return !libc && (!os || os.includes(process.platform)) && (!cpu || cpu.includes(process.arch))
}

function install() {
  say(`installing packages from npm${production ? '' : ', those for development included'} ...`)
  const started = Date.now()
  const scope = production ? '--omit=dev' : '--include=dev'
  const args = [
    'ci',
    '--ignore-scripts',
    scope,
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  // npm must not run on the Node that lies in the folder it is about to replace.
  const own = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => resolve(folder) !== dirname(newNode))
  const { status, signal, error } = spawnSync('npm', args, {
    cwd: root,
    env: { ...process.env, PATH: own.join(delimiter) },
    // Standard output belongs to the command that comes after this one.
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (error?.code === 'ENOENT') fail('npm was not found. Install Node.js with npm: https://nodejs.org')
  if (error) fail(`npm could not be started: ${error.message}`)
  if (status !== 0)
    fail(`npm could not install the packages (${signal ?? `exit code ${status}`}), see above.`)
  say(`packages installed in ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

function requireNewNode(packages) {
  const { status, stdout, stderr, error } = spawnSync(newNode, ['--version'], { encoding: 'utf8' })
  const found = status === 0 ? stdout.trim() : undefined
  if (found && Number.parseInt(found.slice(1), 10) >= 24) return
  if (found === undefined && atLeast(24)) return
  if (found) fail(`${newNode} is Node ${found}, and Nexus needs Node 24 or newer.`)
  if (existsSync(newNode)) {
    fail(
      `Node 24 from npm does not run on this system (${(stderr || error?.message || '').trim()}). ` +
        'Install Node 24 or newer yourself and run this again.',
    )
  }
  fail(
    supported(packages).includes(platform)
      ? `npm left out Node 24 for ${platform}: do its settings omit optional packages? ("npm config get omit")`
      : `Nexus has no Node 24 for ${platform} to install, only for ${supported(packages).join(', ')}. ` +
          'Install Node 24 or newer yourself and run this again.',
  )
}

/** The platforms that the lock file has a Node 24 for. */
function supported(packages) {
  return Object.keys(packages)
    .map((path) => /^node_modules\/node-(?:bin-)?((?:linux|darwin)-\w+)$/.exec(path)?.[1])
    .filter(Boolean)
}

function requireNode(major, minor) {
  if (atLeast(major, minor)) return
  fail(
    `this is Node ${process.versions.node}, and Nexus needs ${major}.${minor} or newer: https://nodejs.org`,
  )
}

function atLeast(major, minor = 0) {
  const [a, b] = process.versions.node.split('.').map(Number)
  return a > major || (a === major && b >= minor)
}

function say(text) {
  console.error(`Nexus: ${text}`)
}

function fail(text) {
  say(text)
  process.exit(1)
}
