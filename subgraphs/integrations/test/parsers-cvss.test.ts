import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { scoreVector } from '../parsers/cvss.ts'

describe('CVSS', () => {
  it('is computed from the vector of every version', () => {
    const known: [string, string, number][] = [
      ['AV:N/AC:L/Au:N/C:C/I:C/A:C', '2.0', 10],
      ['(AV:N/AC:M/Au:N/C:N/I:P/A:N)', '2.0', 4.3],
      ['CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', '3.0', 6.1],
      ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', '3.1', 10],
      ['CVSS:3.1/S:U/AV:L/AC:L/PR:L/UI:N/C:H/I:H/A:H', '3.1', 7.8],
      ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', '4.0', 9.3],
    ]
    for (const [vector, version, score] of known) {
      assert.equal(scoreVector(vector)?.version, version)
      assert.equal(scoreVector(vector)?.score, score)
    }
  })
  it('drops a vector that lacks, repeats or invents a metric', () => {
    for (const vector of [
      '',
      'CVSS:3.1',
      'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H',
      'CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      'CVSS:3.1/AV:Z/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/Q:1',
      'CVSS:5.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    ])
      assert.equal(scoreVector(vector), null, vector)
  })
})
