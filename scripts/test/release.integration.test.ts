/** What a release holds to: its version in the changelog, and the schema of the one before. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { root } from '#kit/register.ts'
import { tempDir } from './processes.ts'

test('the changelog has a section, with a date, for the version of the package', () => {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }
  const changelog = readFileSync(`${root}CHANGELOG.md`, 'utf8')
  const versions = [...changelog.matchAll(/^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$/gm)]
  assert.deepEqual(versions[0]?.slice(1), ['Unreleased', undefined])
  const [, latest, date] = versions[1] ?? []
  assert.equal(latest, version)
  assert.ok(Date.parse(date ?? '') > 0)
})

test('what would break clients of the last tag is refused, and a deprecated part may go', (t) => {
  const folder = tempDir()
  t.after(() => folder.remove())
  const copy = join(folder.path, 'nexus')
  const left = ['node_modules', '.git', '.nexus', 'dist', '.bench']
  cpSync(root, copy, { recursive: true, filter: (path) => !left.includes(basename(path)) })
  symlinkSync(`${root}node_modules`, join(copy, 'node_modules'))
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@test.example', ...args], {
      cwd: copy,
      encoding: 'utf8',
    })
  git('init', '--quiet')
  git('add', '--all')
  const file = join(copy, 'schema', 'api.graphql')
  const now = readFileSync(file, 'utf8')
  const release = (tag: string, field: string) => {
    writeFileSync(file, now.replace(/^type Query \{$/m, `type Query {\n  ${field}`))
    git('commit', '--quiet', '--all', '--message', tag)
    git('tag', tag)
    writeFileSync(file, now)
  }
  const check = () =>
    spawnSync(process.execPath, ['scripts/compose.ts', '--check'], { cwd: copy, encoding: 'utf8' })

  release('v0.0.1', 'gone: Int')
  const { status, stdout, stderr } = check()
  assert.equal(status, 1, stdout + stderr)
  assert.match(stdout + stderr, /Query\.gone was removed/)

  release('v0.0.2', 'gone: Int @deprecated(reason: "see assets")')
  const later = check()
  assert.equal(later.status, 0, later.stdout + later.stderr)
})
