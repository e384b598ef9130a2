import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { NexusError, notFound } from './errors.ts'
import { isId, newId } from './id.ts'

export type Blob = { id: string; bytes: number; sha256: string }
/** Files under ids of their own making. */
export type Blobs = {
  /**
   * Stores a stream without holding it in memory. Throws PAYLOAD_TOO_LARGE past `maxBytes`, and the stream's
   * own error when it breaks off; nothing is left of either. What the stream still holds is not read.
   */
  put(stream: Readable, limit: { maxBytes: number }): Promise<Blob>
  /** Throws NOT_FOUND. */
  read(id: string): Promise<Buffer>
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
  return {
    async put(stream, { maxBytes }) {
      const id = newId()
      const partial = `${pathOf(id)}.part`
      await mkdir(dir, { recursive: true, mode: 0o700 })
      const file = await open(partial, 'wx', 0o600)
      try {
        const hash = createHash('sha256')
        let bytes = 0
        // A request that is destroyed could not be answered any more.
        for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
          bytes += chunk.length
          if (bytes > maxBytes) throw tooLarge(maxBytes)
          hash.update(chunk)
          await file.write(chunk)
        }
        await file.close()
        await rename(partial, pathOf(id))
        return { id, bytes, sha256: hash.digest('hex') }
      } catch (error) {
        await file.close()
        await rm(partial, { force: true })
        throw error
      }
    },
    async read(id) {
      try {
        return await readFile(pathOf(id))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw notFound('Upload')
        throw error
      }
    },
    async remove(id) {
      await rm(pathOf(id), { force: true })
    },
  }
}

export const tooLarge = (maxBytes: number) =>
  new NexusError('PAYLOAD_TOO_LARGE', `The upload is larger than ${maxBytes} bytes`)
