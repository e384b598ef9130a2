import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '#kit/log.ts'
import { openEvents } from '../events.ts'
import { newId } from '../id.ts'
import { cancellable, createQueue } from '../stream.ts'

test('a queue hands over in order, now or later', async () => {
  const queue = createQueue<number>()
  queue.push(1)
  assert.deepEqual(await queue.next(), { done: false, value: 1 })
  const later = queue.next()
  queue.push(2)
  assert.deepEqual(await later, { done: false, value: 2 })
})

test('who lets too many wait loses them, and is told so once', async () => {
  let ends = 0
  const queue = createQueue<number>({ limit: 2, onEnd: () => ends++ })
  for (let value = 0; value < 5; value++) queue.push(value)
  await assert.rejects(queue.next(), { code: 'SLOW_CONSUMER' })
  assert.equal((await queue.next()).done, true)
  await queue.return()
  assert.equal(ends, 1)
})

test('a queue that is waited for ends at once', async () => {
  const queue = createQueue<number>()
  const waiting = queue.next()
  await queue.return()
  assert.equal((await waiting).done, true)
  queue.push(1)
  assert.equal((await queue.next()).done, true)
})

test('a generator is left while it waits', async () => {
  const queue = createQueue<number>()
  const controller = new AbortController()
  controller.signal.addEventListener('abort', () => queue.return())
  const values = cancellable(
    controller,
    (async function* () {
      yield* queue
    })(),
  )
  const waiting = values.next()
  await values.return?.()
  assert.equal((await waiting).done, true)
})

test('events reach who listens in the same organization, until they leave', async () => {
  const events = openEvents(undefined, createLog('events', 'silent'))
  const [one, other] = [newId(), newId()]
  const heard = await events.subscribe(one, 'alert.acknowledged')
  const foreign = await events.subscribe(other, 'alert.acknowledged')
  const alertId = newId()
  await events.publish(one, 'alert.acknowledged', { alertId })
  const { value } = await heard.next()
  assert.equal(value?.alertId, alertId)
  const mine = newId()
  await events.publish(other, 'alert.acknowledged', { alertId: mine })
  assert.equal((await foreign.next()).value?.alertId, mine)
  await heard.return()
  await events.publish(one, 'alert.acknowledged', { alertId })
  assert.equal((await heard.next()).done, true)
  await events.close()
})
