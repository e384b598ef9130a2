import { readFileSync } from 'node:fs'

/**
 * Variables, where `<NAME>_FILE` may name the file that holds one of these names. A line break at its end does not
 * count. Throws, with neither path nor content, when a file cannot be read, is empty or has too much in it, or when
 * both are given.
 */
export function withFiles(
  given: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string | undefined> {
  const read = names.flatMap((name): [string, string][] => {
    const path = given[`${name}_FILE`]
    if (!path) return []
    if (given[name]) throw new Error(`${name} and ${name}_FILE are both given`)
    return [[name, contentOf(path, name)]]
  })
  return { ...given, ...Object.fromEntries(read) }
}

const longest = 64 * 1024

function contentOf(path: string, name: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(
      `${name}_FILE cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'it is no file'}`,
    )
  }
  if (text.length > longest) throw new Error(`${name}_FILE holds too much`)
  const value = text.replace(/\r?\n$/, '')
  if (value === '') throw new Error(`${name}_FILE is empty`)
  return value
}
