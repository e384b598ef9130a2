import DataLoader from 'dataloader'

/** Loaders live as long as one request: nothing loaded for one viewer is ever seen by another. */
export type Loaders = Map<string, DataLoader<string, unknown>>

/**
 * Loads one value of many in a single batch, once per request. `batch` gets distinct keys and answers by key;
 * a key without an answer gives null.
 * @param name tells batches apart: the same name must mean the same batch function
 */
export function load<Value>(
  loaders: Loaders,
  name: string,
  key: string,
  batch: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
): Promise<Value | null> {
  let loader = loaders.get(name)
  if (!loader) {
    loader = new DataLoader<string, unknown>(
      async (keys) => {
        const found = await batch(keys)
        return keys.map((each) => found.get(each) ?? null)
      },
      { maxBatchSize: 1_000 },
    )
    loaders.set(name, loader)
  }
  return loader.load(key) as Promise<Value | null>
}

/** Rows by their id, for `load`. */
export const byId = <Row extends { id: string }>(rows: readonly Row[]): Map<string, Row> =>
  new Map(rows.map((row) => [row.id, row]))
