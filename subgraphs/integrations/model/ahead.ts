/**
 * Works on items in their order, `most` of them at once, and tells what became of each, in the same order. Once it has
 * ended, however it did, nothing is under way any more.
 */
export async function* ahead<Item, Result>(
  items: AsyncIterable<Item>,
  most: number,
  work: (item: Item, index: number) => Promise<Result>,
): AsyncGenerator<[Item, Result]> {
  const underWay: Promise<[Item, Result]>[] = []
  let index = 0
  try {
    for await (const item of items) {
      const working = work(item, index++).then((result): [Item, Result] => [item, result])
      // Whoever is told of an earlier one's loss asks for no later one.
      working.catch(() => {})
      underWay.push(working)
      if (underWay.length >= most) yield await underWay[0]!
      if (underWay.length >= most) underWay.shift()
    }
    for (; underWay.length > 0; underWay.shift()) yield await underWay[0]!
  } finally {
    await Promise.allSettled(underWay)
  }
}
