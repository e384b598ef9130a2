// Builds the page into web/dist where its sources are not those of the last build. Plain JavaScript: it runs
// before Node 24 is known to be there.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'web', 'dist')
const stampFile = join(dist, '.built')
const binaries = join(root, 'node_modules', '.bin')

/** Whether web/dist was built from the sources as they are now. */
export function webIsBuilt() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === fingerprint()
}

/** Builds what is not built. Tells whether web/dist is right afterwards. */
export function buildWeb() {
  if (webIsBuilt()) return true
  const building = join(root, 'web', `.building-${process.pid}`)
  const started = Date.now()
  const stamp = fingerprint()
  try {
    const { status } = spawnSync(
      join(binaries, 'vite'),
      ['build', 'web', '--outDir', building, '--logLevel', 'warn'],
      {
        cwd: root,
        env: { ...process.env, NODE_ENV: 'production', PATH: `${binaries}${delimiter}${process.env.PATH}` },
        // Standard output belongs to the command that comes after this one.
        stdio: ['ignore', 2, 2],
      },
    )
    if (status !== 0) return false
    writeFileSync(join(building, '.built'), stamp)
    // Renamed when it is whole, so that nobody serves or tests half of it.
    rmSync(dist, { recursive: true, force: true })
    renameSync(building, dist)
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
  console.error(`Nexus: the page is built in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  return true
}

function fingerprint() {
  const hash = createHash('sha256')
  for (const file of ['package-lock.json', ...filesUnder('web')]) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

function filesUnder(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && name !== 'dist' && name !== 'test')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      return entry.isDirectory() ? filesUnder(path) : [path]
    })
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !buildWeb()) process.exitCode = 1
