import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createChain, type Linked } from '../chain.ts'

type Item = Linked & { name: number }

test('a chain says at any time who came first of those who are there, and how many they are', () => {
  let removed = 0
  const steps = fc.array(fc.oneof(fc.constant('add' as const), fc.nat({ max: 20 })), {
    maxLength: 200,
    size: 'max',
  })
  fc.assert(
    fc.property(steps, (taken) => {
      const chain = createChain<Item>()
      const all: Item[] = []
      const there: Item[] = []
      for (const step of taken) {
        if (step === 'add') {
          const item: Item = { before: null, after: null, name: all.length }
          chain.add(item)
          all.push(item)
          there.push(item)
        } else if (all.length > 0) {
          const item = all[step % all.length]!
          const place = there.indexOf(item)
          assert.equal(chain.remove(item), place !== -1)
          if (place !== -1) there.splice(place, 1)
          removed++
        }
        assert.equal(chain.first(), there[0] ?? null)
        assert.equal(chain.size, there.length)
      }
    }),
  )
  assert.ok(removed > 100, `${removed} were removed`)
})

test('who has gone knows none of those who came before or after', () => {
  const chain = createChain<Item>()
  const items = [1, 2, 3].map((name): Item => ({ before: null, after: null, name }))
  for (const item of items) chain.add(item)
  chain.remove(items[1]!)
  assert.deepEqual(items[1], { before: null, after: null, name: 2 })
})
