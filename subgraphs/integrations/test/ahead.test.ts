import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as soon } from 'node:timers/promises'
import { ahead } from '../model/ahead.ts'

async function* numbers(count: number) {
  for (let number = 0; number < count; number += 1) yield number
}

test('two at a time, and told in order, though the later one is done first', async () => {
  let underWay = 0
  let most = 0
  const work = async (number: number) => {
    most = Math.max(most, ++underWay)
    for (let turn = 0; turn < (number % 2 === 0 ? 9 : 1); turn += 1) await soon()
    underWay -= 1
    return number * 10
  }
  const told: [number, number][] = []
  for await (const each of ahead(numbers(5), 2, work)) told.push(each)
  assert.deepEqual(told, [
    [0, 0],
    [1, 10],
    [2, 20],
    [3, 30],
    [4, 40],
  ])
  assert.equal(most, 2)
})

test('what fails is told in its turn, and nothing is under way after it', async () => {
  const done: number[] = []
  const work = async (number: number) => {
    if (number === 1) throw new Error('the second')
    for (let turn = 0; turn < 9; turn += 1) await soon()
    done.push(number)
    return number
  }
  const told: number[] = []
  await assert.rejects(async () => {
    for await (const [item] of ahead(numbers(9), 3, work)) told.push(item)
  }, /the second/)
  assert.deepEqual([told, done], [[0], [0, 2, 3]])
})

test('who lets go waits for what is under way, and begins nothing more', async () => {
  const begun: number[] = []
  const done: number[] = []
  const work = async (number: number) => {
    begun.push(number)
    await soon()
    done.push(number)
  }
  for await (const [item] of ahead(numbers(9), 2, work)) if (item === 1) break
  assert.deepEqual(
    [begun, done],
    [
      [0, 1, 2],
      [0, 1, 2],
    ],
  )
})
