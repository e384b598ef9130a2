import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hardToGuess } from '../model/strength.ts'

const about = ['kim.larsen@globex.example', 'Kim Larsen', 'Globex']
const isTooEasy = { code: 'VALIDATION_ERROR', details: [{ field: 'password', message: /Too easy/ }] }
const refused = async (password: string) =>
  hardToGuess(password, about).then(
    () => false,
    (error) => error.code === isTooEasy.code && isTooEasy.details[0]!.message.test(error.details[0].message),
  )

test('what many people have chosen, in any dress, is refused', async () => {
  for (const each of [
    'password1234',
    'Password1234!',
    'P@ssw0rd1234',
    'qwertyuiop12',
    '123456789012',
    'iloveyou1234',
  ])
    assert.ok(await refused(each), each)
})

test('patterns are refused, however long', async () => {
  for (const each of ['aaaaaaaaaaaa', 'abcabcabcabc', 'x'.repeat(1_000), 'ab'.repeat(500), '20252025202520'])
    assert.ok(await refused(each), each.slice(0, 20))
})

test('what is made of its owner, or of the platform, is refused', async () => {
  for (const each of ['kim.larsen@globex.example', 'globexglobex', 'nexusnexusnexus'])
    assert.ok(await refused(each), each)
})

test('words that nobody puts together, and letters without a sense, are good', async () => {
  for (const each of [
    'a word of their own',
    'q8Zk2mWp0xLr',
    'drie kale bomen in maart',
    '密码不是这个样子的吧对不对呀',
  ])
    assert.equal(await refused(each), false, each)
})

test('what is long is judged within a tenth of a second of computing', async () => {
  await refused('warm')
  const from = process.cpuUsage()
  for (let times = 0; times < 5; times++) await refused('abcd1234'.repeat(125))
  const { user, system } = process.cpuUsage(from)
  assert.ok((user + system) / 5 < 100_000, `${(user + system) / 5} µs`)
})
