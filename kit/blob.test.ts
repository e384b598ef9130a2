import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { createBlobs } from './blob.ts'
import { newId } from './id.ts'

async function openBlobs(t: { after(work: () => Promise<void>): void }) {
  const parent = await mkdtemp(join(tmpdir(), 'nexus-blob-'))
  t.after(() => rm(parent, { recursive: true }))
  const dir = join(parent, 'deep', 'blobs')
  return { blobs: createBlobs(dir), dir, left: () => readdir(dir) }
}

test('what is put can be read, and removed twice', async (t) => {
  const { blobs, left } = await openBlobs(t)
  const stored = await blobs.put(Readable.from([Buffer.from('a'), Buffer.from('bc')]), { maxBytes: 3 })
  assert.equal(stored.bytes, 3)
  assert.equal(stored.sha256, createHash('sha256').update('abc').digest('hex'))
  assert.equal(String(await blobs.read(stored.id)), 'abc')
  await blobs.remove(stored.id)
  await blobs.remove(stored.id)
  await assert.rejects(blobs.read(stored.id), { code: 'NOT_FOUND' })
  assert.deepEqual(await left(), [])
})

test('past the limit nothing is left, and the stream lives on', async (t) => {
  const { blobs, left } = await openBlobs(t)
  const stream = Readable.from([Buffer.alloc(2), Buffer.alloc(2), Buffer.alloc(2)])
  await assert.rejects(blobs.put(stream, { maxBytes: 3 }), { code: 'PAYLOAD_TOO_LARGE' })
  assert.deepEqual(await left(), [])
  assert.equal(stream.destroyed, false)
})

test('a stream that breaks off leaves nothing', async (t) => {
  const { blobs, left } = await openBlobs(t)
  const stream = new Readable({ read() {} })
  stream.push(Buffer.alloc(10))
  const put = blobs.put(stream, { maxBytes: 100 })
  setTimeout(() => stream.destroy(new Error('aborted')), 20)
  await assert.rejects(put, /aborted/)
  assert.deepEqual(await left(), [])
})

test('an id is no path', async (t) => {
  const { blobs } = await openBlobs(t)
  for (const id of ['../../etc/passwd', '', '.', `${newId()}/../x`, `${newId()}\0`, 'a'.repeat(36)]) {
    await assert.rejects(blobs.read(id), { code: 'NOT_FOUND' })
    await assert.rejects(blobs.remove(id), { code: 'NOT_FOUND' })
  }
})

async function* pieces(...of: (string | Error)[]) {
  for (const piece of of) {
    if (piece instanceof Error) throw piece
    yield piece
  }
}

test('what is staged is in its place when it is kept, and replaces what was there', async (t) => {
  const { blobs, left } = await openBlobs(t)
  const id = newId()
  const staged = await blobs.stage(id, 1, pieces('ü', 'b'))
  assert.deepEqual([staged.bytes, staged.sha256], [3, createHash('sha256').update('üb').digest('hex')])
  await assert.rejects(blobs.stream(id), { code: 'NOT_FOUND' })
  await staged.keep()
  await staged.discard()
  assert.equal((await (await blobs.stream(id)).toArray()).join(''), 'üb')
  await (await blobs.stage(id, 1, pieces('new'))).keep()
  assert.equal(String(await blobs.read(id)), 'new')
  assert.deepEqual(await left(), [id])
})

test('a later attempt removes what an earlier one left, and what breaks off leaves nothing', async (t) => {
  const { blobs, left } = await openBlobs(t)
  const id = newId()
  const first = await blobs.stage(id, 1, pieces('first'))
  const second = await blobs.stage(id, 2, pieces('second'))
  assert.deepEqual(await left(), [`${id}.2.part`])
  await assert.rejects(first.keep(), { code: 'ENOENT' })
  await second.discard()
  await assert.rejects(blobs.stage(id, 3, pieces('some', new Error('broke off'))), /broke off/)
  assert.deepEqual(await left(), [])
})

test('what nobody has written at for long is swept away, and nothing else', async (t) => {
  const { blobs, dir, left } = await openBlobs(t)
  await blobs.sweep(0)
  const [old, young, kept] = [newId(), newId(), newId()]
  for (const id of [old, young, kept]) await blobs.stage(id, 1, pieces('x'))
  await (await blobs.stage(kept, 2, pieces('x'))).keep()
  const anHourAgo = new Date(Date.now() - 3_600_000)
  for (const name of [`${old}.1.part`, kept]) await utimes(join(dir, name), anHourAgo, anHourAgo)
  await blobs.sweep(1_800_000)
  assert.deepEqual((await left()).sort(), [`${young}.1.part`, kept].sort())
})

test('where there is no more room it says so, and leaves nothing', async (t) => {
  const { dir, left } = await openBlobs(t)
  const program = `
    import { createBlobs } from ${JSON.stringify(join(import.meta.dirname, 'blob.ts'))}
    async function* chunks() { for (;;) yield 'x'.repeat(10_000) }
    await createBlobs(${JSON.stringify(dir)}).stage(${JSON.stringify(newId())}, 1, chunks()).catch(
      ({ code, message }) => console.log(code, message))`
  // A disk that is full after 100 KiB, as far as this process can see.
  const limited = ['-c', 'ulimit -f 100; exec "$0" --input-type=module -e "$1"', process.execPath, program]
  const { stdout, stderr } = spawnSync('bash', limited, { encoding: 'utf8' })
  assert.equal(stdout, 'SERVICE_UNAVAILABLE There is no room to store it now\n', stderr)
  assert.deepEqual(await left(), [])
})
