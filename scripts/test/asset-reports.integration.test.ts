/** Which asset a report is about: its name tells it, and it learns what else the report knows of it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { root } from '#kit/register.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { reportAs } from './observing.ts'
import { importReport, trivyReport } from './reports.ts'

type Json = ReturnType<typeof JSON.parse>
let house: TestHouse
let admin: Visitor

before(async () => {
  house = await openTestHouse()
  admin = await house.as('admin@acme.example')
})
after(() => house?.close())

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
/** A report of an image, with the digests of a build where they are given. */
const image = (name: string, ...digests: string[]): string => {
  const report = JSON.parse(trivyReport(name, [{ id: 'CVE-2043-1000', package: 'a' }]))
  const [first, ...others] = digests
  if (first) report.Metadata = { ImageID: first, RepoDigests: others.map((each) => `${name}@${each}`) }
  return JSON.stringify(report)
}
const imported = async (report: string): Promise<string> => {
  const run: Json = await importReport(admin, 'report.json', report)
  assert.equal(run.status, 'complete', run.error_message ?? '')
  return run.asset.id
}
const fixture = (name: string) => readFileSync(`${root}subgraphs/integrations/test/fixtures/${name}`, 'utf8')
const count = async () =>
  (await admin.graphql('{ assets { totalCount { count } } }')).body.data.assets.totalCount.count
const known = async (id: string): Promise<Json> => {
  const { body } = await admin.graphql(
    `query ($id: ID!) { asset(id: $id) { name identifiers { kind value strength } sources { source } } }`,
    { id },
  )
  const { name, identifiers, sources } = body.data.asset
  const digests = identifiers
    .filter(({ kind }: Json) => kind === 'IMAGE_DIGEST')
    .map(({ value, strength }: Json) => `${value.slice(7, 8)} ${strength}`)
    .sort()
  return { name, digests, sources: sources.map(({ source }: Json) => source).sort() }
}

test('an asset that was made by its name learns its digests, and is the same however often it is reported', async () => {
  const byName = await imported(image('learned:1'))
  const byHand = (await admin.rest('POST', '/assets', { type: 'container_image', name: 'by-hand:1' })).body
    .data.id
  const before = await count()
  for (let times = 0; times < 3; times++) {
    assert.equal(await imported(image('learned:1', digest('a'), digest('b'))), byName)
    assert.equal(await imported(image('by-hand:1', digest('c'))), byHand)
  }
  assert.equal(await count(), before)
  assert.deepEqual(await known(byName), {
    ...{ name: 'learned:1', digests: ['a STRONG', 'b STRONG'], sources: ['trivy'] },
  })
  assert.deepEqual((await known(byHand)).digests, ['c STRONG'])
})

test('whatever tool reports an image, it is one asset, and a report in words of its own too', async () => {
  const first = await imported(fixture('trivy-image.json'))
  const before = await count()
  for (const name of ['grype-image.json', 'trivy-image.json', 'trivy-image-next.json', 'trivy-image.sarif'])
    assert.equal(await imported(fixture(name)), first, name)
  assert.equal(await count(), before)
  const { sources } = await known(first)
  assert.deepEqual(sources, ['grype', 'sarif', 'trivy'])
})

test('a report finds what an inventory knows by its digest, and another build of that name is the same', async () => {
  const [inventory] = await reportAs(house, 'acme', [
    {
      ...{ name: 'registry/unnamed', type: 'CONTAINER_IMAGE', source: 'registry' },
      identifiers: [{ kind: 'IMAGE_DIGEST', value: digest('d') }],
    },
  ])
  assert.equal(await imported(image('built:latest', digest('d'))), inventory)
  assert.equal(await imported(image('built:latest', digest('e'))), inventory)
  assert.deepEqual((await known(inventory!)).digests, ['d WEAK', 'e STRONG'])
  // What it was built from before is no more what it is.
  const [again] = await reportAs(house, 'acme', [
    {
      ...{ name: 'registry/other', type: 'CONTAINER_IMAGE', source: 'registry' },
      identifiers: [{ kind: 'IMAGE_DIGEST', value: digest('d') }],
    },
  ])
  assert.notEqual(again, inventory)
})

test('two names of one build are two assets, which somebody may say are one', async () => {
  const [one, other] = [
    await imported(image('two:latest', digest('f'))),
    await imported(image('two:1.0', digest('f'))),
  ]
  assert.notEqual(one, other)
  const { body } = await admin.graphql(
    '{ assetProposals(filter: { state: [OPEN] }) { edges { node { asset { id } other { id } } } } }',
  )
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  const pairs = body.data.assetProposals.edges.map(({ node }: Json) => [node.asset.id, node.other.id].sort())
  assert.ok(
    pairs.some((pair: string[]) => pair.join() === [one, other].sort().join()),
    JSON.stringify(pairs),
  )
  // Each goes on by itself.
  assert.equal(await imported(image('two:latest', digest('0'))), one)
  assert.equal(await imported(image('two:1.0', digest('f'))), other)
})

test('a preview names the asset that the import takes', async () => {
  const id = await imported(image('shown:1', digest('1')))
  const { body } = await admin.rest(
    'POST',
    '/integrations/imports?file=shown.json&preview=true',
    image('shown:1', digest('2')),
  )
  let run: Json = body.data
  while (run.status === 'queued' || run.status === 'running')
    run = (await admin.rest('GET', `/integrations/imports/${run.id}`)).body.data
  assert.equal(run.asset.id, id)
  assert.deepEqual((await known(id)).digests, ['1 STRONG'])
})
