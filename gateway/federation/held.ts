import type { Source, Sources } from './source.ts'

/** Sources that several supergraphs may hold: one that the next one has, too, is the same, with all it has learned. */
export type Held = {
  /** Throws what `sourceFor` throws, and then holds nothing. */
  hold(subgraphs: readonly { name: string; url: string }[]): { sources: Sources; release(): void }
}

/** @param sourceFor how a subgraph is reached; asked anew when nobody holds it any more, or its url is another */
export function createHeld(sourceFor: (name: string, url: string) => Source): Held {
  const known = new Map<string, { source: Source; holders: number }>()
  const keyOf = ({ name, url }: { name: string; url: string }) => JSON.stringify([name, url])
  const release = (key: string) => {
    const entry = known.get(key)!
    if (--entry.holders > 0) return
    known.delete(key)
    entry.source.close?.()
  }
  return {
    hold(subgraphs) {
      const keys: string[] = []
      const sources: Record<string, Source> = {}
      const releaseAll = () => {
        for (const key of keys.splice(0)) release(key)
      }
      try {
        for (const { name, url } of subgraphs) {
          const key = keyOf({ name, url })
          const entry = known.get(key) ?? { source: sourceFor(name, url), holders: 0 }
          known.set(key, entry)
          entry.holders++
          keys.push(key)
          sources[name] = entry.source
        }
      } catch (error) {
        releaseAll()
        throw error
      }
      return { sources, release: releaseAll }
    },
  }
}
