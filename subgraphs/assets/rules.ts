export const mostTags = 50
/** How many assets a group may have: they are set at once, and no list that a client sends is longer. */
export const largestGroup = 1_000

/** What is to be added to a set, and what to be taken away, to make it another one. */
export function difference(
  before: Iterable<string>,
  wanted: Iterable<string>,
): { added: string[]; removed: string[] } {
  const [old, next] = [new Set(before), new Set(wanted)]
  return { added: [...next.difference(old)], removed: [...old.difference(next)] }
}
