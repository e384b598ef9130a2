import { createHash } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

/** What is told to a watcher. Neither may throw. */
export type Watching = {
  /** The text of the file is another one than before. */
  changed(text: string): void
  failed(error: unknown): void
  /** How long the file must be left alone before it is read, in milliseconds. */
  settleMs?: number
}

const settle = 100

/**
 * Watches the text of a file until the returned function is called, also where it is replaced by another file of
 * its name, or is away for a while. Keeps no process.
 * @param text what the file is known to hold
 */
export function watchFile(path: string, text: string, watching: Watching): () => void {
  const { changed, failed, settleMs = settle } = watching
  const name = basename(path)
  let known = digest(text)
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  const read = async () => {
    try {
      const found = await readFile(path, 'utf8')
      const fresh = digest(found)
      if (isClosed || fresh === known) return
      known = fresh
      changed(found)
    } catch (error) {
      // Who replaces a file may take it away before: the new one is told of, too.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') failed(error)
    }
  }
  const later = () => {
    clearTimeout(timer)
    timer = setTimeout(read, settleMs).unref()
  }
  // The folder, not the file: a file that replaces another one is a new one to the system.
  let watcher: FSWatcher | undefined
  try {
    watcher = watch(dirname(path), { persistent: false }, (_event, file) => {
      // A folder that is mounted (a ConfigMap) changes its links, not the file.
      if (file === null || file === name || file.startsWith('..')) later()
    })
    watcher.on('error', failed)
  } catch (error) {
    failed(error)
  }
  // What was written between the first reading and now.
  later()
  return () => {
    isClosed = true
    clearTimeout(timer)
    watcher?.close()
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest('base64')
