/** What holds of any reports in any order, told through the model as machines tell them. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { openTestHouse, type TestHouse } from '../../../scripts/test-house.ts'
import { openScans, type Report, type Scans } from './scans.ts'

let house: TestHouse
let scans: Scans
before(async () => {
  house = await openTestHouse()
  scans = openScans(house)
})
after(async () => {
  await scans?.close()
  await house?.close()
})

const keys = [...'abcdefghij']
/** Some of a few findings, each in one of two wordings. */
const report: fc.Arbitrary<Report> = fc
  .array(fc.tuple(fc.constantFrom(...keys), fc.boolean()), { maxLength: 8 })
  .map((told) => Object.fromEntries(told.map(([key, isOther]) => [key, isOther ? `other ${key}` : key])))
const times = { numRuns: 12 }
const none = { created: 0, updated: 0, reopened: 0, closed: 0 }

/** The words of what is open. */
const openOf = async (assetId: string): Promise<string[]> =>
  (await scans.rowsOf(assetId))
    .filter(({ status, presence }) => status === 'open' && presence === 'present')
    .map(({ title }) => title)
    .sort()
const wordsOf = (told: Report): string[] => Object.values(told).sort()
const payloadOf = (told: Report): string => createHash('sha256').update(JSON.stringify(told)).digest('hex')

test('a report twice is the report once, compared or not', async () => {
  const law = fc.asyncProperty(report, fc.boolean(), async (a, isCompared) => {
    const [one, two] = scans.runsOver(2)
    const payload = isCompared ? payloadOf(a) : null
    const first = await scans.tell(one!, a, payload)
    const size = Object.keys(a).length
    assert.equal(first.created, size)
    const { isSame, unchanged, ...rest } = await scans.tell(two!, a, payload)
    assert.deepEqual([isSame, unchanged, rest], [isCompared, size, none])
    assert.deepEqual(await openOf(one!.assetId), wordsOf(a))
  })
  await fc.assert(law, times)
})

test('whatever came before, what is open is what the latest report says', async () => {
  const law = fc.asyncProperty(fc.array(report, { minLength: 2, maxLength: 4 }), async (told) => {
    const runs = scans.runsOver(told.length + 1)
    const all = [...told, told[0]!]
    for (const [index, each] of all.entries()) {
      const { created, updated, unchanged, reopened } = await scans.tell(runs[index]!, each, payloadOf(each))
      assert.equal(created + updated + unchanged + reopened, Object.keys(each).length)
      assert.deepEqual(await openOf(runs[0]!.assetId), wordsOf(each))
    }
  })
  await fc.assert(law, times)
})

test('the order of the records means nothing', async () => {
  const law = fc.asyncProperty(report, report, async (a, b) => {
    const turned = (of: Report) => Object.fromEntries(Object.entries(of).toReversed())
    const [one, two] = scans.runsOver(2)
    const [first, second] = scans.runsOver(2)
    const straight = [await scans.tell(one!, a), await scans.tell(two!, b)]
    const reverse = [await scans.tell(first!, turned(a)), await scans.tell(second!, turned(b))]
    assert.deepEqual(reverse, straight)
    assert.deepEqual(await scans.stateOf(first!), await scans.stateOf(one!))
  })
  await fc.assert(law, times)
})

test('a report that is reverted was never told', async () => {
  const law = fc.asyncProperty(report, report, report, async (a, b, c) => {
    const [one, two, three, four] = scans.runsOver(4)
    await scans.tell(one!, a, payloadOf(a))
    await scans.tell(two!, b, payloadOf(b))
    const before = await scans.stateOf(one!)
    await scans.tell(three!, c, payloadOf(c))
    assert.deepEqual((await scans.revert(three!)).kept, [])
    const now = await scans.stateOf(one!)
    for (const [title, state] of Object.entries(before)) assert.equal(now[title], state, title)
    assert.deepEqual(await openOf(one!.assetId), wordsOf(b))
    const { isSame: _, unchanged, ...rest } = await scans.tell(four!, b, payloadOf(b))
    assert.deepEqual([unchanged, rest], [Object.keys(b).length, none])
  })
  await fc.assert(law, times)
})

test('sixteen runs at once leave the findings that they leave one after the other', async () => {
  const reports = Array.from({ length: 16 }, (_, index) =>
    Object.fromEntries(keys.slice(index % 5, (index % 5) + 6).map((key) => [key, key])),
  )
  const [settled, ...runs] = scans.runsOver(17).toReversed()
  const apart = scans.runsOver(17)
  await Promise.all(runs.map((run, index) => scans.tell(run, reports[index]!)))
  for (const [index, run] of apart.slice(0, 16).entries()) await scans.tell(run, reports[index]!)
  const fingerprints = async (assetId: string) =>
    Object.keys(await scans.stateOf({ assetId } as never)).sort()
  assert.deepEqual(await fingerprints(settled!.assetId), await fingerprints(apart[0]!.assetId))
  // A late older run may have brought back what newer ones did not see; the next run sets it right.
  await scans.tell(settled!, reports[3]!)
  await scans.tell(apart[16]!, reports[3]!)
  assert.deepEqual(await scans.stateOf(settled!), await scans.stateOf(apart[0]!))
})
