import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { isLuhn, mask, maskKinds, maskText } from '#kit/masking.ts'

const digits = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((all) => all.join(''))
const withCheck = (body: string) => [...'0123456789'].map((last) => body + last).find(isLuhn)!
const card = fc.tuple(fc.constantFrom('4', '51', '37', '6011', '2221'), digits(16)).map(([prefix, rest]) => {
  const length = prefix === '37' ? 15 : 16
  return withCheck((prefix + rest).slice(0, length - 1))
})
const ssn = fc
  .tuple(fc.integer({ min: 1, max: 665 }), fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 9999 }))
  .map(([a, b, c]) => `${`${a}`.padStart(3, '0')}-${`${b}`.padStart(2, '0')}-${`${c}`.padStart(4, '0')}`)
const around = fc.constantFrom(
  ['', ''],
  ['to ', ' now'],
  ['"', '"'],
  ['(', ')'],
  ['a=', ','],
  ['\n', '.'],
) as fc.Arbitrary<[string, string]>
const local = fc.stringMatching(/^[a-z][a-z0-9._+-]{0,18}[a-z0-9]$/)
const email = fc
  .tuple(local, fc.constantFrom('example.com', 'mail.example.org', 'bücher.example'))
  .map(([name, domain]) => `${name}@${domain}`)

const each: [kind: string, of: fc.Arbitrary<string>, shown: (value: string) => string][] = [
  ['an e-mail', email, (value) => `${value[0]}***@${value.split('@')[1]}`],
  ['a card', card, (value) => `****${value.slice(-4)}`],
  [
    'a card in groups',
    card.map((all) => all.match(/.{1,4}/g)!.join(' ')),
    (value) => `****${value.replaceAll(' ', '').slice(-4)}`,
  ],
  ['a social security number', ssn, (value) => `***-**-${value.slice(-4)}`],
  ['a phone abroad', digits(9).map((all) => `+49 170 ${all}`), (value) => `****${value.slice(-4)}`],
  [
    'a phone',
    digits(10).map((all) => `(${all.slice(0, 3)}) ${all.slice(3, 6)}-${all.slice(6)}`),
    (value) => `****${value.slice(-4)}`,
  ],
]
for (const [kind, of, shown] of each)
  test(`hides ${kind} wherever it stands in a text`, () => {
    fc.assert(
      fc.property(of, around, (value, [before, after]) => {
        const masked = maskText(`${before}${value}${after}`)
        assert.equal(masked, `${before}${shown(value)}${after}`)
        assert.equal(maskText(masked), masked)
      }),
      { numRuns: 500 },
    )
  })

test('leaves alone what is none of them', () => {
  const plain = [
    '2026-11-21T14:29:51.123Z',
    '192.168.100.200',
    '2001:db8::1428:57ab',
    'CVE-2024-12345',
    'version 10.12.1234',
    '1763735391123',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'GET /api/v1/alerts?page=2 200 12.5',
    '4111 1111 1111 1112',
    '000-12-3456',
    'a @ b',
    '@alice',
    'pkg:maven/org.springframework/spring-core@4.3.0.RELEASE',
    'zod@4.1.12',
  ]
  for (const text of [...plain, ...Array.from({ length: 500 }, () => randomUUID())])
    assert.equal(maskText(text), text)
})

test('a masked value shows at most four of its characters, or the first and the domain of an e-mail', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 60 }), fc.constantFrom(...maskKinds), (value, kind) => {
      const masked = mask(value, kind)
      if (value.length > 4 && !value.includes('*')) assert.ok(!masked.includes(value), masked)
      if (kind === 'generic') {
        assert.equal(masked, value.length < 8 ? '****' : `****${value.slice(-4)}`)
        assert.ok(masked.length <= 8)
      }
    }),
  )
})

test('no text takes long to be masked', () => {
  const nasty = ['a'.repeat(200_000), 'a@'.repeat(100_000), 'a.'.repeat(100_000), '@a.'.repeat(70_000)]
  nasty.push('4 '.repeat(100_000), '4-'.repeat(100_000), '+1 '.repeat(70_000), '123-45-'.repeat(30_000))
  nasty.push(`x@${'a.'.repeat(100_000)}`, '1'.repeat(200_000), '('.repeat(200_000))
  for (const text of nasty) {
    const from = process.cpuUsage()
    maskText(text)
    const { user } = process.cpuUsage(from)
    // A pattern that goes back and forth would take minutes here.
    assert.ok(user < 5_000_000, `${text.slice(0, 6)}... took ${user} µs`)
  }
})
