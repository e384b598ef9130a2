import { readFile } from 'node:fs/promises'

/** The text of a supergraph. Throws with what to do when there is none. */
export async function readSupergraph(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`There is no supergraph to read at ${path} (${code})`, { cause: error })
  }
}
