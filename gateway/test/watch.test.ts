import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createQueue } from '#kit/stream.ts'
import { watchFile } from '../federation/watch.ts'

function open(t: TestContext, text = 'one') {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-watch-'))
  const path = join(folder, 'supergraph.graphql')
  writeFileSync(path, text)
  const told = createQueue<string>()
  const close = watchFile(path, 'one', {
    changed: (found) => told.push(found),
    failed: (error) => told.push(String(error)),
    settleMs: 20,
  })
  // Watching keeps no process, so that something else must.
  const keep = setInterval(() => {}, 1_000)
  t.after(() => {
    close()
    clearInterval(keep)
    rmSync(folder, { recursive: true })
  })
  const next = async () => (await told.next()).value
  return { folder, path, next, close, told }
}

test('a file that is written, replaced, or away for a while is told of when it has another text', async (t) => {
  const { folder, path, next } = open(t)
  writeFileSync(path, 'two')
  assert.equal(await next(), 'two')
  writeFileSync(join(folder, 'new'), 'three')
  renameSync(join(folder, 'new'), path)
  assert.equal(await next(), 'three')
  unlinkSync(path)
  writeFileSync(path, 'three')
  writeFileSync(path, 'four')
  assert.equal(await next(), 'four')
})

test('what was written before the watch began is told of', async (t) => {
  const { next } = open(t, 'two')
  assert.equal(await next(), 'two')
})

test('the same text again, and other files, are no change', async (t) => {
  const { folder, path, next } = open(t)
  writeFileSync(join(folder, 'other'), 'x')
  writeFileSync(path, 'one')
  writeFileSync(path, 'two')
  assert.equal(await next(), 'two')
})

test('a link whose folder is exchanged, as a mounted configuration is', async (t) => {
  const { folder, path, next } = open(t)
  for (const name of ['a', 'b']) writeFileSync(join(folder, name), name)
  symlinkSync('a', join(folder, '..data'))
  unlinkSync(path)
  symlinkSync('..data', path)
  assert.equal(await next(), 'a')
  symlinkSync('b', join(folder, '..new'))
  renameSync(join(folder, '..new'), join(folder, '..data'))
  assert.equal(await next(), 'b')
})

test('a folder that cannot be watched is told of', () => {
  const failures: unknown[] = []
  const failed = (error: unknown) => failures.push(error)
  watchFile('/no/such/folder/file', 'one', { changed: () => assert.fail(), failed })()
  assert.equal(failures.length, 1)
})

test('nothing is told once it is closed', async (t) => {
  const { path, close, told } = open(t)
  close()
  const other = open(t)
  writeFileSync(path, 'two')
  writeFileSync(other.path, 'two')
  assert.equal(await other.next(), 'two')
  assert.equal(await Promise.race([told.next(), 'nobody']), 'nobody')
})
