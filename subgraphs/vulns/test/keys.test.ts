import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { partsOf } from '../rules-alias.ts'
import { guessesOf, type Keyless } from '../rules-key.ts'

const finding = (component: Keyless['component'], more: Partial<Keyless> = {}): Keyless => ({
  ...{ cveId: 'CVE-2024-1000', aliases: ['CVE-2024-1000', 'GHSA-aaaa-bbbb-cccc'], component },
  ...more,
})
const keys = (of: Keyless) => guessesOf(of).map(({ key }) => key)

describe('keys that nobody has kept', () => {
  it('are guessed by the purl, whose system packages have no namespace and no place', () => {
    const purl = 'pkg:deb/debian/openssl@3.0.11-1?arch=amd64'
    assert.ok(
      keys(finding({ name: 'openssl', version: '3.0.11-1', purl, path: null })).includes(
        'package|CVE-2024-1000|pkg:deb/openssl|',
      ),
    )
  })

  it('are guessed by where the package lies, without its version', () => {
    const component = {
      ...{ name: 'left-pad', version: '1.2.3', purl: 'pkg:npm/left-pad@1.2.3' },
      path: '/app/./node_modules/left-pad-1.2.3/package.json',
    }
    const found = keys(finding(component))
    assert.ok(
      found.includes('package|GHSA-AAAA-BBBB-CCCC|pkg:npm/left-pad|app/node_modules/left-pad-*/package.json'),
    )
    assert.ok(found.includes('package|CVE-2024-1000|pkg:npm/left-pad|'))
  })

  it('are guessed in each ecosystem where there is no purl, and each is one that names can be told from', () => {
    const of = finding({ name: 'Some_Package', version: null, purl: null, path: null })
    assert.ok(keys(of).includes('package|CVE-2024-1000|pkg:pypi/some-package|'))
    assert.ok(keys(of).includes('package|CVE-2024-1000|pkg:deb/some_package|'))
    for (const { key, weakness, place } of guessesOf(of))
      assert.deepEqual(partsOf({ kind: 'package', key }), { weakness, place })
    assert.deepEqual(guessesOf(finding(null)), [])
  })
})
