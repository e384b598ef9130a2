import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cvssOf } from '../parsers/cvss.ts'
import { parseReport } from '../parsers/index.ts'

const v2 = 'AV:N/AC:L/Au:N/C:C/I:C/A:C'
const v31 = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N'
const v4 = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N'

describe('CVSS of reports', () => {
  it('keeps all versions side by side, the newest first, and drops what is no vector', () => {
    const found = cvssOf(
      [v2, v31, 'CVSS:3.1/AV:N', null, v4, v31].map((vector) => ({ vector, source: 'nvd' })),
    )
    assert.deepEqual(
      found.map(({ version, score }) => [version, score]),
      [
        ['4.0', 6.9],
        ['3.1', 7.5],
        ['2.0', 10],
      ],
    )
  })

  it('recomputes scores, keeps what is stated beside them, and leaves those of 2.0 as stated', () => {
    const stated = (vector: string, bare: number | null) => cvssOf([{ vector, source: 'nvd', bare }])[0]
    assert.deepEqual(stated(v31, 9.1), {
      version: '3.1',
      vector: v31,
      score: 7.5,
      source: 'nvd',
      statedScore: 9.1,
    })
    assert.equal(stated(v2, 9.3)?.score, 9.3)
    assert.ok(!('statedScore' in stated(v31, null)!), 'what nobody states is not there')
  })

  it('takes a stated score of a result for its only vector, and the severity from what follows from that', () => {
    const sarif = {
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'scan',
              rules: [{ id: 'r1', properties: { 'security-severity': '9.1', cvssV3_vector: v31 } }],
            },
          },
          results: [{ ruleId: 'r1', message: { text: 'A weakness' } }],
        },
      ],
    }
    const report = parseReport(JSON.stringify(sarif), 'sarif')
    const [finding] = report.findings
    assert.deepEqual([finding?.cvssScore, finding?.severity], [7.5, 'high'])
    assert.equal(finding?.cvss[0]?.statedScore, 9.1)
  })
})
