import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram, Registry } from 'prom-client'
import { createTally } from '../tally.ts'

const buckets = [0.005, 0.1, 2.5, 10]
const values = [0, 0.004, 0.005, 0.0051, 0.1, 2, 9.99, 10, 10.001, 1e6]

test('a tally is read as a histogram of prom-client is', async () => {
  for (const labelNames of [[], ['method'], ['route', 'status', 'method']] as const) {
    const [ours, theirs] = [new Registry(), new Registry()]
    const of = { name: 'nexus_test_seconds', help: 'What "is" \\ tested', buckets: [...buckets] }
    const tally = createTally<string>({ ...of, labelNames, registers: [ours] })
    const histogram = new Histogram<string>({ ...of, labelNames, registers: [theirs] })
    assert.equal(await ours.metrics(), await theirs.metrics())
    for (const [index, value] of values.entries()) {
      const all = { method: index % 2 ? 'GET' : 'POST', route: `/a"${index % 3}`, status: 200 + (index % 2) }
      const labels = Object.fromEntries(labelNames.map((name) => [name, all[name]]))
      tally.observe(labels, value)
      histogram.observe(labels, value)
    }
    assert.equal(await ours.metrics(), await theirs.metrics())
    assert.match(await ours.metrics(), /_count.* [1-9]/)
  }
})
