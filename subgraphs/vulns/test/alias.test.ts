import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Apart, hasApart, namesOf, partsOf, regroup, unite } from '../rules-alias.ts'

const counter = () => {
  let next = 0
  return () => `g${String(++next).padStart(4, '0')}`
}
/** What reports have said, one after the other, as it is kept. */
function learned(reports: readonly (readonly (readonly string[])[])[]): Map<string, string> {
  const known = new Map<string, string>()
  const newGroup = counter()
  for (const said of reports) {
    const { added, moved } = unite(known, said, newGroup)
    for (const [name, group] of known) known.set(name, moved.get(group) ?? group)
    for (const [name, group] of added) known.set(name, group)
  }
  return known
}
/** Which names are of one weakness, whatever the groups are called. */
const together = (known: ReadonlyMap<string, string>) =>
  [...Map.groupBy([...known.keys()].sort(), (name) => known.get(name)).values()]
    .map((names) => names.join(' '))
    .sort()

describe('names of weaknesses', () => {
  it('are those of advisories, in one spelling, and none where there are two CVEs', () => {
    const package_ = { kind: 'package' as const, cveId: 'CVE-2024-1000' }
    const aliases = ['CVE-2024-1000', 'GHSA-aaaa-bbbb-cccc', 'RHSA-2024:1', 'js/eval']
    assert.deepEqual(namesOf({ ...package_, aliases }), ['CVE-2024-1000', 'GHSA-AAAA-BBBB-CCCC'])
    assert.deepEqual(namesOf({ ...package_, aliases: ['GHSA-aaaa-bbbb-cccc', 'CVE-2024-1001'] }), [])
    assert.deepEqual(namesOf({ ...package_, kind: 'code', aliases }), [])
  })

  it('are told from keys, with what has the weakness and where', () => {
    assert.deepEqual(partsOf({ kind: 'package', key: 'package|ghsa-aaaa-bbbb-cccc|pkg:npm/a\\|b|app' }), {
      weakness: 'GHSA-AAAA-BBBB-CCCC',
      place: 'pkg:npm/a\\|b|app',
    })
    assert.equal(partsOf({ kind: 'package', key: 'package|RHSA-2024:1|pkg:rpm/a|' }), null)
    assert.equal(partsOf({ kind: 'code', key: 'rule|x|y' }), null)
    assert.equal(partsOf({ kind: 'package', key: 'CVE-2024-1000|pkg:generic/a' }), null)
  })

  it('are one weakness where they share a name, however far apart they were said', () => {
    const known = learned([
      [['CVE-1', 'GHSA-1']],
      [['PYSEC-1', 'OSV-1']],
      [['GHSA-1', 'OSV-1']],
      [['CVE-2', 'GHSA-2']],
    ])
    assert.deepEqual(together(known), ['CVE-1 GHSA-1 OSV-1 PYSEC-1', 'CVE-2 GHSA-2'])
  })

  it('never make one weakness of two CVEs', () => {
    const known = learned([
      [['CVE-1', 'GHSA-1']],
      [['CVE-2', 'GHSA-1']],
      [
        ['CVE-2', 'GHSA-2'],
        ['GHSA-1', 'GHSA-2'],
      ],
    ])
    assert.deepEqual(together(known), ['CVE-1 GHSA-1', 'CVE-2 GHSA-2'])
  })

  it('are not one weakness where somebody has said so, whoever says otherwise and through whatever other name', () => {
    const name = fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F').map((letter) => `GHSA-${letter}`)
    const pair = fc.uniqueArray(name, { minLength: 2, maxLength: 3 })
    const property = fc.property(
      fc.array(pair, { maxLength: 12 }),
      fc.array(pair, { maxLength: 3 }),
      (said, split) => {
        const apart: Apart = new Map(
          [...new Set(split.flat())].map((one) => [
            one,
            new Set(
              split.filter((of) => of.includes(one)).flatMap((of) => of.filter((other) => other !== one)),
            ),
          ]),
        )
        const known = learned([said])
        const newGroup = () => crypto.randomUUID()
        const changed = regroup(known, said, newGroup, apart)
        const now = new Map([...known, ...changed])
        for (const names of Map.groupBy(now.keys(), (each) => now.get(each)).values())
          assert.ok(!hasApart(names, apart), names.join())
        // Said anew, nothing is another group.
        assert.equal(regroup(now, said, newGroup, apart).size, 0)
        if (split.length === 0) assert.equal(changed.size, 0, 'nobody has taken anything back')
      },
    )
    fc.assert(property, { numRuns: 300 })
  })

  it('come out the same in whatever order, and in however many reports, they are said', () => {
    // Each name is of one CVE: what is said may be incomplete, and does not contradict itself.
    const name = fc.record({ of: fc.nat(4), kind: fc.constantFrom('CVE', 'GHSA', 'GO', 'OSV'), n: fc.nat(2) })
    const pair = fc.tuple(name, name).map(([one, other]) => {
      const text = ({ kind, n }: typeof one) => (kind === 'CVE' ? `CVE-${one.of}` : `${kind}-${one.of}-${n}`)
      return [...new Set([text(one), text(other)])]
    })
    const property = fc.property(
      fc.array(pair, { maxLength: 25 }),
      fc.infiniteStream(fc.nat()),
      (said, lots) => {
        const shuffled = said
          .map((each) => [lots.next().value, each] as const)
          .sort(([one], [other]) => one - other)
          .map(([, each]) => each)
        const expected = together(learned([said]))
        assert.deepEqual(together(learned([shuffled])), expected)
        assert.deepEqual(together(learned(shuffled.map((each) => [each]))), expected)
      },
    )
    fc.assert(property, { numRuns: 300 })
  })
})
