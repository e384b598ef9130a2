import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'

let house: TestHouse
let admin: Visitor
before(async () => {
  house = await openTestHouse()
  admin = await house.as('admin@acme.example')
})
after(() => house?.close())

async function ask(query: string, variables: Record<string, unknown> = {}) {
  const { body, text } = await admin.graphql(query, variables)
  assert.equal(body.errors, undefined, text)
  return body.data
}

const ingest = `mutation ($input: IngestAlertsInput!) { ingestAlerts(input: $input) { created } }`
const severities = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']
const report = (from: number, to: number) =>
  ask(ingest, {
    input: {
      source: 'pages',
      alerts: Array.from({ length: to - from }, (_, n) => ({
        ...{ sourceRef: `page-${from + n}`, title: `Seen ${from + n}`, severity: severities[(from + n) % 4] },
      })),
    },
  })

const makeAsset = (n: number) =>
  ask(`mutation ($input: CreateAssetInput!) { createAsset(input: $input) { asset { id } } }`, {
    input: { type: 'HOST', name: `walked-${n % 7}-${n}` },
  })

async function scan(findings: number): Promise<void> {
  const Vulnerabilities = Array.from({ length: findings }, (_, n) => ({
    ...{ VulnerabilityID: `CVE-2021-${10_000 + n}`, PkgName: `walked-${n}`, InstalledVersion: '1.0' },
    ...{ Severity: severities[n % 4], Title: `Walked ${n}` },
  }))
  const Results = [{ Target: 'walked', Class: 'os-pkgs', Type: 'debian', Vulnerabilities }]
  const file = { SchemaVersion: 2, ArtifactName: 'walked:1', ArtifactType: 'container_image', Results }
  const started = await admin.rest('POST', '/integrations/imports?format=trivy', JSON.stringify(file))
  for (let run = started.body.data; run.status !== 'complete'; ) {
    assert.notEqual(run.status, 'failed', run.error_message)
    run = (await admin.rest('GET', `/integrations/imports/${run.id}`)).body.data
  }
}

/** Every id of a list, in the order of its pages. */
async function walk(noun: string, type: string, orderBy: { field: string; direction: string }) {
  const seen: string[] = []
  for (let after: string | null = null, more = true; more; ) {
    const data = await ask(
      `query ($after: String, $orderBy: ${type}Order) { ${noun}(first: 7, after: $after, orderBy: $orderBy) {
        edges { node { id } } pageInfo { hasNextPage endCursor } } }`,
      { after, orderBy },
    )
    const page: { edges: { node: { id: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } =
      data[noun]
    seen.push(...page.edges.map(({ node }) => node.id))
    more = page.pageInfo.hasNextPage
    after = page.pageInfo.endCursor
  }
  return seen
}

/** Changes what is there, and adds to it, until it is told that it is enough. Answers how often it did. */
async function writing(existing: Record<string, string[]>, enough: () => boolean): Promise<number> {
  let times = 0
  for (const pick = (of: string) => existing[of]![(times * 11) % existing[of]!.length]; !enough(); times++) {
    const steps = [
      // New ones, and repeats of those that are there.
      () => report(100 + times, 104 + times),
      () => report(times % 40, (times % 40) + 5),
      () => makeAsset(1_000 + times),
      () => scan(50 + (times % 30)),
      () =>
        admin.graphql(`mutation ($id: ID!) { acknowledgeAlert(input: { id: $id }) { alert { id } } }`, {
          id: pick('alerts'),
        }),
      () =>
        ask(`mutation ($input: UpdateAssetInput!) { updateAsset(input: $input) { asset { id } } }`, {
          input: { id: pick('assets'), criticality: severities[times % 4] },
        }),
    ]
    await steps[times % steps.length]!()
  }
  return times
}

const lists = [
  { noun: 'alerts', type: 'Alert', fields: ['CREATED_AT', 'FIRST_SEEN_AT', 'SEVERITY', 'PRIORITY'] },
  { noun: 'vulnerabilities', type: 'Vulnerability', fields: ['CREATED_AT', 'SEVERITY', 'CVSS_SCORE'] },
  { noun: 'assets', type: 'Asset', fields: ['CREATED_AT', 'NAME'] },
]

test('whoever walks pages while others write meets all that was there once, and nothing twice', async () => {
  await report(0, 45)
  for (let n = 0; n < 30; n++) await makeAsset(n)
  await scan(60)
  const existing: Record<string, string[]> = {}
  for (const { noun, type } of lists)
    existing[noun] = await walk(noun, type, { field: 'CREATED_AT', direction: 'ASC' })
  let walking = true
  const written = writing(existing, () => !walking)
  let grown = 0
  try {
    for (const { noun, type, fields } of lists)
      for (const field of fields)
        for (const direction of ['ASC', 'DESC']) {
          const seen = await walk(noun, type, { field, direction })
          const times = Map.groupBy(seen, (id) => id)
          const twice = [...times].filter(([, each]) => each.length > 1)
          assert.deepEqual(twice, [], `${noun} by ${field} ${direction}`)
          const missed = existing[noun]!.filter((id) => !times.has(id))
          assert.deepEqual(missed, [], `${noun} by ${field} ${direction}`)
          grown += seen.length - existing[noun]!.length
        }
  } finally {
    walking = false
  }
  assert.ok((await written) > 10, 'Nobody wrote meanwhile')
  assert.ok(grown > 0, 'What was written was not met')
})
