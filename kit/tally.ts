import type { Metric, Registry } from 'prom-client'

/** Observed values, counted by their labels and by how large they are. */
export type Tally<Label extends string> = {
  observe(labels: Readonly<Record<Label, string | number>>, value: number): void
}
type Counts = {
  labels: Readonly<Record<string, string | number>>
  /** How many are of each bucket and of none before; the last one is of those above all. */
  of: number[]
  sum: number
}

/**
 * A histogram as Prometheus reads it. One of prom-client sorts and checks the labels of every value, which is a
 * twentieth of what a small request costs; here they are looked up by what they say.
 * @param options.buckets in rising order
 */
export function createTally<Label extends string = never>(options: {
  name: string
  help: string
  labelNames?: readonly Label[]
  buckets: readonly number[]
  registers: readonly Registry[]
}): Tally<Label> {
  const { name, help, labelNames = [], buckets, registers } = options
  const known = new Map<string, Counts>()
  const countsOf = (given: Readonly<Record<Label, string | number>>): Counts => {
    let key = ''
    for (const label of labelNames) key += `${given[label]}\n`
    const before = known.get(key)
    if (before) return before
    const labels = Object.fromEntries(labelNames.map((label) => [label, given[label]]))
    const fresh = { labels, of: Array.from({ length: buckets.length + 1 }, () => 0), sum: 0 }
    known.set(key, fresh)
    return fresh
  }
  // Where nothing has labels, that nothing came is told, too.
  if (labelNames.length === 0) countsOf({} as never)

  const valuesOf = ({ labels: sharedLabels, of, sum }: Counts) => {
    let count = 0
    const up = of.map((each, index) => {
      count += each
      return {
        metricName: `${name}_bucket`,
        labels: { le: buckets[index] ?? '+Inf' },
        sharedLabels,
        value: count,
      }
    })
    const all = { labels: {}, sharedLabels }
    return [
      ...up,
      { metricName: `${name}_sum`, ...all, value: sum },
      { metricName: `${name}_count`, ...all, value: count },
    ]
  }
  const getForPromString = async () => ({
    ...{ name, help, type: 'histogram', aggregator: 'sum' },
    values: [...known.values()].flatMap(valuesOf),
  })
  // Registries ask nothing else of what they are given.
  for (const register of registers) register.registerMetric({ name, getForPromString } as unknown as Metric)
  return {
    observe(labels, value) {
      const counts = countsOf(labels)
      let bucket = 0
      while (bucket < buckets.length && value > buckets[bucket]!) bucket++
      counts.of[bucket]!++
      counts.sum += value
    },
  }
}
