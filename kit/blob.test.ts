import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
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
  return { blobs: createBlobs(dir), left: () => readdir(dir) }
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
