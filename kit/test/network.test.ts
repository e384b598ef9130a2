import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liesIn, networkOf } from '#kit/network.ts'

test('an address or a network is kept in one form', () => {
  for (const [text, kept] of [
    ['192.0.2.7', '192.0.2.7/32'],
    [' 192.0.2.7/24 ', '192.0.2.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::1', '2001:db8::1/128'],
    ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
    ['::ffff:192.0.2.7', '192.0.2.7/32'],
  ] as const)
    assert.equal(networkOf(text), kept, text)
})

test('what readers could take for different addresses is none', () => {
  for (const text of [
    '',
    'x',
    '127.1',
    '010.0.0.1',
    '0x7f.0.0.1',
    '2130706433',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/',
    '192.0.2.0/24/8',
    '192.0.2.0/255.255.255.0',
    '2001:db8::/129',
    'fe80::1%eth0',
    '::ffff:192.0.2.7/96',
    'example.com',
    '1.2.3.4 5.6.7.8',
  ])
    assert.equal(networkOf(text), null, text)
})

test('an address lies in its networks and in no others', () => {
  const networks = ['192.0.2.0/24', '2001:db8::/32', '198.51.100.7/32']
  for (const inside of ['192.0.2.0', '192.0.2.255', '::ffff:192.0.2.9', '2001:db8:1::1', '198.51.100.7'])
    assert.ok(liesIn(networks, inside), inside)
  for (const outside of ['192.0.3.0', '2001:db9::1', '198.51.100.8', '', 'x', '::1'])
    assert.ok(!liesIn(networks, outside), outside)
  assert.ok(!liesIn([], '192.0.2.1'))
})
