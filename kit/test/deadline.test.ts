import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadlineIn } from '../deadline.ts'

const over = (ms: number) => {
  const from = performance.now()
  return new Promise<number>((resolve) => deadlineIn(ms).onOver(() => resolve(performance.now() - from)))
}

test('deadlines are over when their time has come, in the order in which they began', async () => {
  const order: string[] = []
  const began = [30, 10, 30, 20].map((ms, index) => over(ms).then((took) => order.push(`${index}`) && took))
  const took = await Promise.all(began)
  assert.ok(
    [30, 10, 30, 20].every((ms, index) => took[index]! >= ms - 1),
    String(took),
  )
  assert.ok(order.indexOf('0') < order.indexOf('2'))
})

test('one that is cleared calls nobody back, and the others still do', async () => {
  let called = false
  const [one, other] = [deadlineIn(20), over(20)]
  one.onOver(() => {
    called = true
  })
  one.clear()
  one.clear()
  await other
  await over(20)
  assert.equal(called, false)
  assert.equal(one.isOver, false)
})

test('one that is ended early is over at once, and once', async () => {
  let calls = 0
  const deadline = deadlineIn(10)
  deadline.onOver(() => calls++)
  deadline.end()
  assert.deepEqual([deadline.isOver, calls], [true, 1])
  deadline.end()
  await over(15)
  assert.equal(calls, 1)
})

test('one that begins while others end is not lost', async () => {
  await over(5)
    .then(() => over(5))
    .then(() => over(5))
  const many = await Promise.all(Array.from({ length: 1_000 }, () => over(7)))
  assert.equal(many.length, 1_000)
})
