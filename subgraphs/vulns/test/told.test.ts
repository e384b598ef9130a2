import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingsOf } from '../graph/told.ts'

const told = {
  ...{ key: 'k', kind: 'package', cveId: 'CVE-2024-1', aliases: ['CVE-2024-1'], cwes: [], ruleId: null },
  ...{
    severity: 'high',
    cvss: [],
    cvssScore: 7.5,
    cvssVector: null,
    title: 't',
    description: null,
    remediation: null,
  },
  ...{
    component: { name: 'n', version: null, purl: null, path: null },
    location: null,
    fixedVersions: [],
    links: [],
  },
}

test('findings are read as they were told, and what is unknown is left out', () => {
  assert.deepEqual(findingsOf([{ ...told, suppressed: true }]), [told])
})

test('what are no findings is refused with the argument that it stands in', () => {
  for (const wrong of [
    null,
    {},
    'text',
    [null],
    [{ ...told, kind: 'wish' }],
    [{ ...told, severity: 'HIGH' }],
    [{ ...told, cvssScore: '7.5' }],
    [{ ...told, aliases: [1] }],
    [{ ...told, component: {} }],
    [{ ...told, location: { path: 'p', line: 1.5 } }],
    [{ ...told, title: undefined }],
  ])
    assert.throws(() => findingsOf(wrong), { code: 'VALIDATION_ERROR' }, JSON.stringify(wrong))
})
