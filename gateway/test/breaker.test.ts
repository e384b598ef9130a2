import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBreaker } from '../federation/calls/breaker.ts'

const open = () => {
  let clock = 0
  const breaker = createBreaker({ failures: 3, silentMs: 100, restMs: 200, now: () => clock })
  const begin = () => {
    const admitted = breaker.admit()
    assert.ok(admitted, 'no call may be made')
    return admitted
  }
  const at = (ms: number) => {
    clock = ms
  }
  return { breaker, begin, at }
}

test('calls that wait open it once they are enough and nothing else is answered', () => {
  const { breaker, begin, at } = open()
  const calls = [begin(), begin(), begin()]
  at(99)
  assert.equal(breaker.state(), 'closed')
  at(100)
  assert.equal(breaker.state(), 'open')
  assert.equal(breaker.admit(), null)
  at(300)
  assert.equal(breaker.state(), 'trying')
  const trial = begin()
  assert.equal(breaker.admit(), null)
  trial.succeeded()
  assert.equal(breaker.state(), 'closed')
  for (const call of calls) call.failed()
  assert.equal(breaker.state(), 'closed')
})

test('two that wait are too few', () => {
  const { breaker, begin, at } = open()
  begin()
  begin()
  at(500)
  assert.equal(breaker.state(), 'closed')
  begin()
  assert.equal(breaker.state(), 'open')
})

test('slow ones beside others that are answered do not open it', () => {
  const { breaker, begin, at } = open()
  for (let slow = 0; slow < 10; slow++) begin()
  for (let ms = 0; ms < 5_000; ms += 90) {
    at(ms)
    begin().succeeded()
    assert.equal(breaker.state(), 'closed')
  }
})

test('an answer that comes after all closes it', () => {
  const { breaker, begin, at } = open()
  const [first] = [begin(), begin(), begin()]
  at(150)
  assert.equal(breaker.state(), 'open')
  first!.succeeded()
  assert.equal(breaker.state(), 'closed')
})

test('failures in a row open it, and a trial that fails keeps it open', () => {
  const { breaker, begin, at } = open()
  for (let times = 0; times < 3; times++) begin().failed()
  assert.equal(breaker.admit(), null)
  at(200)
  begin().failed()
  assert.equal(breaker.admit(), null)
  at(399)
  assert.equal(breaker.admit(), null)
  at(400)
  begin().succeeded()
  assert.equal(breaker.state(), 'closed')
})
