/** What an asset is worth reaches its findings, and what its findings are reaches the asset. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { callPeer } from '#kit/context.ts'
import { internalSigner } from '#kit/tokens.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'
import { importReport, trivyReport } from './reports.ts'

const within = 5_000
let house: TestHouse
let owner: Owner
let admin: Visitor
before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  const weaknesses = ['CRITICAL', 'HIGH', 'LOW'].map((severity, index) => ({
    ...{ id: `CVE-2032-${2_000 + index}`, package: `package-${index}`, severity },
  }))
  const run = await importReport(admin, 'risk.json', trivyReport('risk:1', weaknesses))
  assert.equal(run.status, 'complete')
})
after(async () => {
  await owner?.close()
  await house?.close()
})

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
