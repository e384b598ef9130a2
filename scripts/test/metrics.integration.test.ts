import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse } from '../test-house.ts'

let house: TestHouse
before(async () => {
  house = await openTestHouse({ METRICS_PORT: '0' })
})
after(() => house?.close())

const scrape = async () => (await fetch(`${house.metricsUrl}/metrics`)).text()

test('requests, operations, their errors, subgraphs and pools are counted, on a port of their own', async () => {
  const admin = await house.as('admin@acme.example')
  await admin.graphql('query Named { assets { edges { node { name openVulnerabilityCount } } } }')
  await admin.graphql('query Failing { assets(first: 1000) { edges { cursor } } }')
  await admin.graphql('query Refused { assets(after: "nowhere") { edges { cursor } } }')
  await admin.rest('GET', '/alerts/stats')
  const text = await scrape()
  for (const counted of [
    /nexus_http_request_seconds_count\{method="POST",route="\/graphql",status="200"\} 2/,
    /nexus_http_request_seconds_count\{method="POST",route="\/graphql",status="400"\} 1/,
    /nexus_http_request_seconds_count\{method="GET",route="\/api\/v1\/alerts\/stats",status="200"\} 1/,
    /nexus_operation_seconds_count\{operation="Named",outcome="ok"\} 1/,
    /nexus_operation_errors_total\{operation="Failing",code="VALIDATION_ERROR"\} 1/,
    /nexus_operation_cost_count\{outcome="allowed"\} [1-9]/,
    /nexus_subgraph_call_seconds_count\{subgraph="vulns",outcome="ok"\} 1/,
    /nexus_database_connections\{schema="assets",state="idle"\} [1-9]/,
    /nexus_plan_seconds_count [1-9]/,
    /nexus_fetch_seconds_count\{subgraph="vulns",outcome="ok"\} 1/,
    /nexus_fetch_seconds_count\{subgraph="assets",outcome="errors"\} 1/,
    /nexus_remembered\{what="documents"\} [3-9]/,
    /nexus_remembered\{what="plans"\} [3-9]/,
    /nexus_breaker_open\{subgraph="vulns"\} 0/,
    /process_resident_memory_bytes \d+/,
  ])
    assert.match(text, counted)
  assert.equal((await fetch(`${house.url}/metrics`)).status, 404)
})

test('no number of names fills the memory', async () => {
  const admin = await house.as('admin@acme.example')
  for (let index = 0; index < 250; index++) await admin.graphql(`query Name${index} { __typename }`)
  const names = new Set([...(await scrape()).matchAll(/operation="(\w+)"/g)].map(([, name]) => name))
  assert.ok(names.size <= 201 && names.has('other'), `${names.size} names`)
})
