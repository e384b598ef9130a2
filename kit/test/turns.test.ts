import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as soon } from 'node:timers/promises'
import { turnsByName } from '../turns.ts'

test('work of one name waits for what came before it, failed or not, and for no other name', async () => {
  const inTurn = turnsByName()
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const work = (name: string, what: string) =>
    inTurn(name, () => {
      begun.push(what)
      return new Promise<string>((end, fail) =>
        ends.set(what, () => (what === 'fails' ? fail(new Error(what)) : end(what))),
      )
    })
  const first = work('a', 'fails')
  const second = work('a', 'second')
  const third = work('a', 'third')
  const other = work('b', 'other')
  await soon()
  assert.deepEqual(begun, ['fails', 'other'])
  ends.get('fails')!()
  await assert.rejects(first, /fails/)
  await soon()
  assert.deepEqual(begun, ['fails', 'other', 'second'])
  ends.get('other')!()
  ends.get('second')!()
  assert.deepEqual([await second, await other], ['second', 'other'])
  await soon()
  ends.get('third')!()
  assert.equal(await third, 'third')
})
