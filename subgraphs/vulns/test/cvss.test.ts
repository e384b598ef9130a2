import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { scoreVector } from '#kit/cvss.ts'
import { differs } from '../rules-cvss.ts'

/** Weaknesses that FIRST has scored in its examples for 3.1, by the CVE that they are of. */
const examples31: [cve: string, vector: string, score: number][] = [
  ['CVE-2013-1937', 'AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', 6.1],
  ['CVE-2013-0375', 'AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N', 6.4],
  ['CVE-2014-3566', 'AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N', 3.1],
  ['CVE-2012-1516', 'AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H', 9.9],
  ['CVE-2009-0783', 'AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L', 4.2],
  ['CVE-2012-0384', 'AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', 8.8],
  ['CVE-2015-1098', 'AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', 7.8],
  ['CVE-2014-0160', 'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N', 7.5],
  ['CVE-2014-6271', 'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8],
  ['CVE-2008-1447', 'AV:N/AC:H/PR:N/UI:N/S:C/C:N/I:H/A:N', 6.8],
  ['CVE-2014-2005', 'AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 6.8],
  ['CVE-2010-0467', 'AV:N/AC:L/PR:N/UI:N/S:C/C:L/I:N/A:N', 5.8],
  ['CVE-2013-6014', 'AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:H', 9.3],
  ['CVE-2014-9253', 'AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:L/A:N', 5.4],
  ['CVE-2014-2019', 'AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N', 4.6],
  ['CVE-2014-0224', 'AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N', 7.4],
  ['CVE-2012-5376', 'AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H', 9.6],
]
/** The same for 4.0. */
const examples40: [cve: string, vector: string, score: number][] = [
  ['CVE-2022-41741', 'AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 7.3],
  ['CVE-2020-3549', 'AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 7.7],
  ['CVE-2023-3089', 'AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N', 8.3],
  ['CVE-2021-44714', 'AV:L/AC:L/AT:N/PR:N/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N', 4.6],
  ['CVE-2022-21830', 'AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N', 5.1],
  ['CVE-2022-22186', 'AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N', 6.9],
  ['CVE-2023-21989', 'AV:L/AC:L/AT:N/PR:H/UI:N/VC:N/VI:N/VA:N/SC:H/SI:N/SA:N', 5.9],
  ['CVE-2020-3947', 'AV:L/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H', 9.3],
  ['CVE-2023-30560', 'AV:P/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:H/SA:N/S:P/V:D', 8.3],
  ['CVE-2014-0160', 'AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N/E:A', 8.7],
  ['CVE-2021-44228', 'AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:A', 10],
]

describe('CVSS', () => {
  it('scores what FIRST has scored as FIRST does', () => {
    for (const [version, examples] of [
      ['3.1', examples31],
      ['4.0', examples40],
    ] as const)
      for (const [cve, metrics, score] of examples) {
        const scored = scoreVector(`CVSS:${version}/${metrics}`)
        assert.deepEqual([scored?.version, scored?.score], [version, score], `${cve} ${metrics}`)
      }
  })

  it('knows the older versions, in the notation of each', () => {
    const known: [string, string, number][] = [
      ['AV:N/AC:L/Au:N/C:C/I:C/A:C', '2.0', 10],
      ['(AV:N/AC:M/Au:N/C:N/I:P/A:N)', '2.0', 4.3],
      ['CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', '3.0', 6.1],
      ['CVSS:3.1/S:U/AV:L/AC:L/PR:L/UI:N/C:H/I:H/A:H', '3.1', 7.8],
    ]
    for (const [vector, version, score] of known) {
      const scored = scoreVector(vector)
      assert.deepEqual([scored?.version, scored?.score], [version, score], vector)
    }
  })

  it('tells the base score beside the score, and which metrics the score takes in', () => {
    const v3 = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'
    const v4 = 'CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N'
    const modified = '/CR:H/IR:L/AR:L/MAV:N/MAC:H/MVC:H/MVI:L/MVA:L'
    const expected: [string, base: number, score: number, string][] = [
      [v3, 9.8, 9.8, 'base'],
      [`${v3}/E:X/CR:X`, 9.8, 9.8, 'base'],
      [`${v3}/E:U/RL:O/RC:U`, 9.8, 7.8, 'temporal'],
      [`${v3}/MAC:H`, 9.8, 8.1, 'environmental'],
      [v4, 8.3, 8.3, 'B'],
      [`${v4}/S:N/AU:Y`, 8.3, 8.3, 'B'],
      [`${v4}${modified}`, 8.3, 8.1, 'BE'],
    ]
    for (const [vector, base, score, nomenclature] of expected) {
      const scored = scoreVector(vector)
      assert.deepEqual(
        [scored?.baseScore, scored?.score, scored?.nomenclature],
        [base, score, nomenclature],
        vector,
      )
    }
    assert.equal(scoreVector(`${v4}/E:U`)?.nomenclature, 'BT')
    assert.equal(scoreVector(`${v4}/E:U${modified}`)?.nomenclature, 'BTE')
  })

  it('says scores in the words of their version', () => {
    const word = (vector: string) => scoreVector(vector)?.severity
    assert.equal(word('AV:N/AC:L/Au:N/C:C/I:C/A:C'), 'high')
    assert.equal(word('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'), 'critical')
    assert.equal(word('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N'), 'info')
    assert.equal(word('CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N'), 'high')
  })

  it('takes no vector that lacks, repeats or invents a metric', () => {
    for (const vector of [
      '',
      'CVSS:3.1',
      'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H',
      'CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      'CVSS:3.1/AV:Z/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/Q:1',
      'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/',
      'CVSS:5.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      'CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      `CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H${'/E:X'.repeat(100)}`,
    ])
      assert.equal(scoreVector(vector), null, vector)
  })

  it('tells a stated score that follows from no part of its vector', () => {
    const scored = scoreVector('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U')!
    const stated = (statedScore: number | null) => differs({ score: scored.score, statedScore }, scored)
    assert.deepEqual([9.8, 7.8, 9.1, null].map(stated), [false, false, true, false])
  })
})
