import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { NexusError, notFound } from './errors.ts'
import { isId, newId } from './id.ts'

export type Blob = { id: string; bytes: number; sha256: string }
/** What is written but not in its place yet. */
export type Staged = Blob & {
  /** Puts it in its place, over whatever is there. */
  keep(): Promise<void>
  /** Once it is in its place, this changes nothing. */
  discard(): Promise<void>
}
/** Files under ids. */
export type Blobs = {
  /**
   * Stores a stream under an id of its own, without holding it in memory. Throws PAYLOAD_TOO_LARGE past
   * `maxBytes`, and the stream's own error when it breaks off; nothing is left of either. What the stream still
   * holds is not read.
   */
  put(stream: Readable, limit: { maxBytes: number }): Promise<Blob>
  /**
   * Writes chunks for an id that is given, beside its place; earlier attempts at it are removed. Throws
   * SERVICE_UNAVAILABLE when there is no room or no way to write, and the chunks' own error; nothing is left of
   * either.
   * @param attempt from 1; tells apart who writes at the same time
   */
  stage(id: string, attempt: number, chunks: AsyncIterable<string | Uint8Array>): Promise<Staged>
  /**
   * Removes what was being written by processes that died: parts that have not grown for `ms`. With `unneeded`, it
   * also removes those files of that age whose ids it answers.
   */
  sweep(ms: number, unneeded?: (ids: string[]) => Promise<readonly string[]>): Promise<void>
  /** Where a file lies, for who reads it in a thread of its own. Throws NOT_FOUND. */
  find(id: string): Promise<string>
  /** Throws NOT_FOUND. */
  read(id: string): Promise<Buffer>
  /** The same without holding it in memory; whoever does not read it to its end destroys it. Throws NOT_FOUND. */
  stream(id: string): Promise<Readable>
  /** Removing what is not there is no error. */
  remove(id: string): Promise<void>
}

/** Blobs in a folder, which is made when the first one comes. */
export function createBlobs(dir: string): Blobs {
  const pathOf = (id: string) => {
    // An id is a path only after it proved to be an id: no dots, no slashes.
    if (!isId(id)) throw notFound('Upload')
    return join(resolve(dir), id)
  }
  const found = async <Found>(id: string, finding: (path: string) => Promise<Found>): Promise<Found> => {
    try {
      return await finding(pathOf(id))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw notFound('Upload')
      throw error
    }
  }
  return {
    async put(stream, { maxBytes }) {
      const id = newId()
      const partial = `${pathOf(id)}.part`
      // A request that is destroyed could not be answered any more.
      const written = await write(dir, partial, stream.iterator({ destroyOnReturn: false }), maxBytes)
      await rename(partial, pathOf(id))
      return { id, ...written }
    },
    async stage(id, attempt, chunks) {
      const partial = (of: number) => `${pathOf(id)}.${of}.part`
      try {
        for (let earlier = 1; earlier < attempt; earlier += 1) await rm(partial(earlier), { force: true })
        const written = await write(dir, partial(attempt), chunks, Number.POSITIVE_INFINITY)
        const keep = () => rename(partial(attempt), pathOf(id))
        return { id, ...written, keep, discard: () => rm(partial(attempt), { force: true }) }
      } catch (error) {
        throw unwritable(error) ?? error
      }
    },
    async sweep(ms, unneeded) {
      const old: string[] = []
      for (const name of await readdir(dir).catch(() => [])) {
        const written = (await stat(join(resolve(dir), name)).catch(() => null))?.mtimeMs
        if (written && written < Date.now() - ms) old.push(name)
      }
      const gone = old.filter((name) => name.endsWith('.part'))
      const whole = unneeded ? old.filter(isId) : []
      if (whole.length > 0) gone.push(...(await unneeded!(whole)))
      for (const name of gone) await rm(join(resolve(dir), name), { force: true })
    },
    find: (id) =>
      found(id, async (path) => {
        await stat(path)
        return path
      }),
    read: (id) => found(id, (path) => readFile(path)),
    stream: (id) => found(id, async (path) => (await open(path)).createReadStream()),
    async remove(id) {
      await rm(pathOf(id), { force: true })
    },
  }
}

/** Writes chunks to a new file, to the disk; nothing is left of it when they break off. */
async function write(
  dir: string,
  path: string,
  chunks: AsyncIterable<string | Uint8Array>,
  maxBytes: number,
): Promise<{ bytes: number; sha256: string }> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const file = await open(path, 'wx', 0o600)
  try {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of chunks) {
      const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      bytes += piece.length
      if (bytes > maxBytes) throw tooLarge(maxBytes)
      hash.update(piece)
      // One call may write less than it was given.
      await file.writeFile(piece)
    }
    await file.datasync()
    await file.close()
    return { bytes, sha256: hash.digest('hex') }
  } catch (error) {
    await file.close().catch(() => {})
    await rm(path, { force: true })
    throw error
  }
}

const noRoom = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST', 'EIO']

const unwritable = (error: unknown): NexusError | null =>
  noRoom.includes(String((error as NodeJS.ErrnoException).code))
    ? new NexusError('SERVICE_UNAVAILABLE', 'There is no room to store it now')
    : null

export const tooLarge = (maxBytes: number) =>
  new NexusError('PAYLOAD_TOO_LARGE', `The upload is larger than ${maxBytes} bytes`)
