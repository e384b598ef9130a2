import assert from 'node:assert/strict'
import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { framed, openText, type Place, readSealed, sealText, Unsealable } from '#kit/sealing/cipher.ts'
import { localMasterKey, masterKeyOf } from '#kit/sealing/master.ts'

const key = randomBytes(32)
const placeOf = (): Place => ({
  organizationId: randomUUID(),
  table: `identity.t${randomInt(1e6)}`,
  column: `c${randomInt(1e6)}_sealed`,
  row: randomUUID(),
})
const open = (place: Place, sealed: string, by = key) => openText(by, place, readSealed(sealed))
const pick = <Each>(from: readonly Each[]): Each => from[randomInt(from.length)]!

test('what is sealed opens in its place, whatever the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: 1, max: 999_999_999 }),
      (text, version) => {
        const place = placeOf()
        const sealed = sealText(key, version, place, text)
        assert.match(sealed, /^nx1\.[1-9]\d*\.[\w-]{16}\.[\w-]{22,}$/)
        assert.equal(open(place, sealed), text)
        assert.equal(readSealed(sealed).version, version)
        assert.notEqual(sealText(key, version, place, text), sealed)
      },
    ),
  )
})

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const partsOf = (sealed: string) => sealed.split('.') as [string, string, string, string]

/** The ways of a value that is not where, or not what, it was. */
const moves: Record<string, (place: Place, sealed: string) => [Place, string]> = {
  'another organization': (place, sealed) => [{ ...place, organizationId: randomUUID() }, sealed],
  'another row': (place, sealed) => [{ ...place, row: randomUUID() }, sealed],
  'another table': (place, sealed) => [{ ...place, table: placeOf().table }, sealed],
  'another column': (place, sealed) => [{ ...place, column: placeOf().column }, sealed],
  'a column that borrows of the table': ({ table, column, ...rest }, sealed) => [
    { ...rest, table: table.slice(0, -1), column: table.at(-1) + column },
    sealed,
  ],
  'another version': (place, sealed) => {
    const [form, version, ...rest] = partsOf(sealed)
    return [place, [form, Number(version) + 1 + randomInt(100), ...rest].join('.')]
  },
  'another form': (place, sealed) => [place, sealed.replace('nx1', 'nx2')],
  'the nonce of another': (place, sealed) => {
    const [form, version, , rest] = partsOf(sealed)
    return [place, [form, version, randomBytes(12).toString('base64url'), rest].join('.')]
  },
  truncated: (place, sealed) => [place, sealed.slice(0, randomInt(sealed.length))],
  longer: (place, sealed) => [place, sealed + pick([...base64])],
  'one character changed': (place, sealed) => {
    const at = randomInt(sealed.length)
    const other = pick([...base64].filter((each) => each !== sealed[at]))
    return [place, sealed.slice(0, at) + other + sealed.slice(at + 1)]
  },
  'one bit flipped': (place, sealed) => {
    const [form, version, nonce, rest] = partsOf(sealed)
    const bytes = Buffer.from(rest, 'base64url')
    bytes[randomInt(bytes.length)]! ^= 1 << randomInt(8)
    return [place, [form, version, nonce, bytes.toString('base64url')].join('.')]
  },
  'written otherwise': (place, sealed) => [
    place,
    pick([`${sealed}=`, `${sealed}\n`, ` ${sealed}`, `${sealed}.`]),
  ],
}

test('of 10,000 sealed values that were moved or changed none opens', () => {
  let refused = 0
  const ways = Object.entries(moves)
  for (let index = 0; index < 10_000; index += 1) {
    const [place, text] = [placeOf(), randomBytes(randomInt(40)).toString('hex')]
    const sealed = sealText(key, 1 + randomInt(50), place, text)
    const [name, move] = ways[index % ways.length]!
    assert.equal(open(place, sealed), text)
    assert.throws(() => open(...move(place, sealed)), Unsealable, name)
    assert.throws(() => open(place, sealed, randomBytes(32)), Unsealable, 'another key')
    refused += 1
  }
  assert.equal(refused, 10_000)
})

test('an error of a value that does not open tells nothing of it', () => {
  const place = placeOf()
  const sealed = sealText(key, 1, place, 'canary-of-a-text')
  for (const wrong of [sealed.slice(0, -1), `${sealed}x`, 'canary-of-a-text', sealed.replace('nx1', 'nx2')])
    assert.throws(
      () => open(place, wrong),
      (error: Error) => !/canary|nx1\./.test(error.message + String(error.cause ?? '')),
    )
})

test('parts are told apart by their lengths', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other)
      assert.equal(framed(one).equals(framed(other)), same)
    }),
  )
  assert.ok(!framed(['ab', 'c']).equals(framed(['a', 'bc'])))
})

test('a data key opens by the master key that wrapped it, under its own name only', async () => {
  const [old, next] = [masterKeyOf('a'.repeat(32)), masterKeyOf('b'.repeat(32))]
  const name = { organizationId: randomUUID(), version: 1 }
  const before = await localMasterKey([old]).wrap(key, name)
  const rotating = localMasterKey([next, old])
  assert.ok((await rotating.unwrap(before, name)).equals(key))
  const after = await rotating.wrap(key, name)
  assert.equal(after.master, await rotating.id())
  assert.notEqual(after.master, before.master)
  await assert.rejects(localMasterKey([next]).unwrap(before, name), Unsealable)
  await assert.rejects(rotating.unwrap({ ...before, master: after.master }, name), Unsealable)
  await assert.rejects(rotating.unwrap(before, { ...name, version: 2 }), Unsealable)
  await assert.rejects(rotating.unwrap(before, { ...name, organizationId: randomUUID() }), Unsealable)
  assert.throws(() => localMasterKey([randomBytes(16)]))
})
