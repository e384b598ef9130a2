import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

const settleMs = 50

/** The text of a supergraph. Throws with what to do when there is none. */
export async function readSupergraph(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`There is no supergraph to read at ${path} (${code})`, { cause: error })
  }
}

/**
 * Tells each new text of a file. It is the folder that is watched: editors and Kubernetes put another file in the
 * place of the old one. `changed` is waited for before the next change is told.
 */
export function watchSupergraph(
  path: string,
  known: string,
  changed: (text: string) => Promise<void>,
): { close(): void } {
  let last = known
  let timer: NodeJS.Timeout | undefined
  let turn = Promise.resolve()
  const look = async () => {
    const text = await readFile(path, 'utf8').catch(() => last)
    if (text === last || text.trim() === '') return
    last = text
    await changed(text)
  }
  const watcher = watch(dirname(resolve(path)), () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      turn = turn.then(look)
    }, settleMs)
  })
  return {
    close() {
      clearTimeout(timer)
      watcher.close()
    },
  }
}
