/** What one question to another subgraph may hold, whatever the language of its texts. */
const mostCharacters = 8 << 20

/** Items in their order, `most` at once, or fewer where they are long: as JSON, unless they are text. */
export function* batchesOf<Item>(
  items: Iterable<Item>,
  most: number,
  characters = mostCharacters,
): Generator<Item[]> {
  let batch: Item[] = []
  let length = 0
  for (const item of items) {
    const more = (typeof item === 'string' ? item : JSON.stringify(item)).length
    if (batch.length === most || (batch.length > 0 && length + more > characters)) {
      yield batch
      batch = []
      length = 0
    }
    batch.push(item)
    length += more
  }
  if (batch.length > 0) yield batch
}
