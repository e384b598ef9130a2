/** What an asset is worth reaches its findings, and what its findings are reaches the asset. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { callPeer } from '#kit/context.ts'
import { idOfName } from '#kit/id.ts'
import { internalSigner, verifyAccessToken } from '#kit/tokens.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { until } from './processes.ts'
import { importReport, trivyReport } from './reports.ts'

const within = 5_000
let house: TestHouse
let admin: Visitor
before(async () => {
  house = await openTestHouse()
  admin = await house.as('admin@acme.example')
  const weaknesses = ['CRITICAL', 'HIGH', 'LOW'].map((severity, index) => ({
    ...{ id: `CVE-2032-${2_000 + index}`, package: `package-${index}`, severity },
  }))
  const run = await importReport(admin, 'risk.json', trivyReport('risk:1', weaknesses))
  assert.equal(run.status, 'complete')
})
after(() => house?.close())

type Told = {
  id: string
  riskScore: number
  vulnerabilities: { edges: { node: { id: string; riskScore: number } }[] }
}
async function told(): Promise<Told> {
  const { body } = await admin.graphql(`{ assets(filter: { search: "risk:1" }) { edges { node { id riskScore
    vulnerabilities(orderBy: { field: RISK_SCORE, direction: DESC }) { edges { node { id riskScore } } } } } } }`)
  return body.data.assets.edges[0].node
}
const worst = ({ vulnerabilities }: Told) => vulnerabilities.edges[0]!.node.riskScore

test('what an asset is becomes known to its findings and then to itself, within seconds', async () => {
  const before = await told()
  const raised = await admin.rest('PUT', `/assets/${before.id}`, {
    criticality: 'critical',
    exposure: 'internet',
  })
  assert.equal(raised.status, 200, raised.text)
  await until('all scores have risen', within, async () => {
    const now = await told()
    return worst(now) > worst(before) && now.riskScore >= worst(now)
  })
  const { body } = await admin.graphql(`{ assets(filter: { search: "risk:1" }) { edges { node {
    riskScore riskFactors { name contribution }
    vulnerabilities { edges { node { riskScore riskFactors { contribution } slaReason } } } } } } }`)
  const { node: asset } = body.data.assets.edges[0]
  const sum = (of: { contribution: number }[]) => of.reduce((total, each) => total + each.contribution, 0)
  assert.equal(sum(asset.riskFactors), asset.riskScore)
  for (const { node } of asset.vulnerabilities.edges) assert.equal(sum(node.riskFactors), node.riskScore)
})

test('what is judged of a finding reaches its asset, within seconds', async () => {
  const before = await told()
  for (const { node } of before.vulnerabilities.edges) {
    const { body } = await admin.rest('POST', `/vulnerabilities/${node.id}/false-positive`, {
      reason: 'a fixture',
    })
    assert.equal(body.data.status, 'false_positive')
  }
  await until('nothing is left of the risk', within, async () => (await told()).riskScore === 0)
  const [{ node }] = before.vulnerabilities.edges as [Told['vulnerabilities']['edges'][number]]
  await admin.rest('POST', `/vulnerabilities/${node.id}/reopen`, {})
  await until('it is back', within, async () => (await told()).riskScore === node.riskScore)
})

test('only assets may say what an asset is, and only of its own organization', async () => {
  const member = await verifyAccessToken(house.surroundings.keys, admin.token!)
  const mutation = `mutation ($input: [RescoreAssetInput!]!) { rescoreAssets(input: $input) }`
  const asked = async (service: string, exposure: string, slug = 'acme') => {
    const sign = internalSigner(house.surroundings.keys, service)
    const viewer = { ...member, organizationId: idOfName('organization', slug) }
    const input = [{ assetId: (await told()).id, criticality: 'high', exposure, lifecycle: 'active' }]
    return callPeer({ ...house.surroundings, sign, viewer, requestId: 'risk' }, 'vulns', mutation, { input })
  }
  await assert.rejects(asked('gateway', 'internet'), { code: 'FORBIDDEN' })
  await assert.rejects(asked('integrations', 'internet'), { code: 'FORBIDDEN' })
  await assert.rejects(asked('assets', 'everywhere'), { code: 'VALIDATION_ERROR' })
  const before = await told()
  await asked('assets', 'isolated', 'globex')
  assert.deepEqual((await told()).vulnerabilities, before.vulnerabilities, 'a stranger says nothing here')
  await asked('assets', 'isolated')
  assert.ok(worst(await told()) < worst(before))
})
