/** One search over everything: every hit once, in one order, for those who may read it, with who does not answer left out. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { idOfName } from '#kit/id.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { openOwner } from './owner.ts'

let house: TestHouse
let admin: Visitor

before(async () => {
  house = await openTestHouse()
  const owner = await openOwner(house)
  try {
    for (const [slug, count] of [
      ['acme', 40],
      ['globex', 5],
    ] as const) {
      const of = `'${idOfName('organization', slug)}'::uuid`
      // Some at the same time, so that only their ids tell them apart.
      const made = "now() - (i / 3) * interval '1 hour'"
      await owner.query(`
        insert into assets.assets (id, organization_id, type, name, created_at)
          select gen_random_uuid(), ${of}, 'host', 'needle host ' || i, ${made} from generate_series(1, ${count}) i;
        insert into alerts.alerts (id, organization_id, severity, title, fingerprint, created_at)
          select gen_random_uuid(), ${of}, 'high', 'A needle of alerts ' || i, 'needle' || i, ${made} from generate_series(1, ${count}) i;
        insert into vulns.vulnerabilities (id, organization_id, asset_id, fingerprint, kind, severity, title, created_at)
          select gen_random_uuid(), ${of}, (select id from assets.assets where organization_id = ${of} limit 1), 'needle' || i, 'code', 'low',
            'needles ' || i, ${made} from generate_series(1, ${count}) i`)
    }
  } finally {
    await owner.close()
  }
  admin = await house.as('admin@acme.example')
})
after(() => house?.close())

type Hit = {
  kind: string
  id: string
  asset: { id: string; createdAt: string } | null
  alert: { id: string; createdAt: string } | null
  vulnerability: { id: string; createdAt: string } | null
}
type Page = {
  edges: { cursor: string; node: Hit }[]
  hasNextPage: boolean
  endCursor: string | null
  missing: string[]
  totals: { kind: string; count: number; isExact: boolean }[]
}
const text = `query ($query: String!, $kinds: [SearchKind!], $filter: SearchFilter, $first: Int, $after: String) {
  search(query: $query, kinds: $kinds, filter: $filter, first: $first, after: $after) {
    edges { cursor node { kind id asset { id createdAt } alert { id createdAt } vulnerability { id createdAt } } }
    hasNextPage endCursor missing totals { kind count isExact } } }`

async function search(of: Visitor, variables: Record<string, unknown>): Promise<Page> {
  const { body } = await of.graphql(text, variables)
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  return body.data.search
}
const code = async (of: Visitor, variables: Record<string, unknown>) =>
  (await of.graphql(text, variables)).body.errors?.[0].extensions.code
const entityOf = ({ asset, alert, vulnerability }: Hit) => (asset ?? alert ?? vulnerability)!

test('pages have every hit once, newest first, and each is of its kind', async () => {
  const hits: Hit[] = []
  for (let after: string | null = null; ; ) {
    const page = await search(admin, { query: 'needle', first: 7, after })
    hits.push(...page.edges.map(({ node }) => node))
    assert.deepEqual(page.missing, [])
    if (!page.hasNextPage) break
    assert.equal(page.edges.length, 7)
    after = page.endCursor
  }
  assert.equal(hits.length, 120)
  assert.equal(new Set(hits.map(({ id }) => id)).size, 120)
  const keys = hits.map((hit) => entityOf(hit).createdAt + hit.id)
  assert.deepEqual(keys, keys.toSorted().reverse())
  for (const hit of hits) {
    const given = Object.entries({ ASSET: hit.asset, ALERT: hit.alert, VULNERABILITY: hit.vulnerability })
    assert.deepEqual(
      given.filter(([, entity]) => entity).map(([kind]) => kind),
      [hit.kind],
    )
    assert.equal(entityOf(hit).id, hit.id)
  }
  const { totals } = await search(admin, { query: 'needle', first: 0 })
  assert.deepEqual(
    totals,
    ['ASSET', 'ALERT', 'VULNERABILITY'].map((kind) => ({ kind, count: 40, isExact: true })),
  )
  const two = await search(admin, { query: 'needle host 1', kinds: ['ASSET'], first: 100 })
  assert.equal(two.edges.length, 11)
})

test('everybody finds what they may read, and nothing of another tenant', async () => {
  const stranger = await house.as('admin@globex.example')
  const theirs = await search(stranger, { query: 'needle', first: 100 })
  assert.equal(theirs.edges.length, 15)
  const ours = new Set(
    (await search(admin, { query: 'needle', first: 100 })).edges.map(({ node }) => node.id),
  )
  assert.deepEqual(
    theirs.edges.filter(({ node }) => ours.has(node.id)),
    [],
  )
  const { body } = await admin.rest('POST', '/api-keys', { name: 'narrow', scopes: ['assets:read'] })
  const key = house.visitor(body.data.key)
  const narrow = await search(key, { query: 'needle', first: 100 })
  assert.deepEqual(new Set(narrow.edges.map(({ node }) => node.kind)), new Set(['ASSET']))
  assert.deepEqual(
    narrow.totals.map(({ kind }) => kind),
    ['ASSET'],
  )
  assert.equal(await code(key, { query: 'needle', kinds: ['ASSET', 'ALERT'] }), 'FORBIDDEN')
  assert.equal(await code(house.anonymous, { query: 'needle' }), 'UNAUTHENTICATED')
})

test('a filter narrows every kind that knows it, and leaves out who does not', async () => {
  const found = async (filter: object) => {
    const { edges, totals } = await search(admin, { query: 'needle', first: 100, filter })
    const of = edges.map(({ node }) => node.kind)
    const counted = totals.map(({ kind, count }) => [kind, count] as const)
    for (const [kind, count] of counted) assert.equal(of.filter((each) => each === kind).length, count)
    return Object.fromEntries(counted)
  }
  assert.deepEqual(await found({ severity: ['HIGH'] }), { ALERT: 40, VULNERABILITY: 0 })
  assert.deepEqual(await found({ severity: ['HIGH', 'LOW'] }), { ALERT: 40, VULNERABILITY: 40 })
  const { edges } = await search(admin, { query: 'needles', kinds: ['VULNERABILITY'], first: 1 })
  const about = `query ($id: ID!) { vulnerability(id: $id) { asset { id } } }`
  const assetId = (await admin.graphql(about, { id: edges[0]!.node.id })).body.data.vulnerability.asset.id
  assert.deepEqual(
    await found({ assetId: [assetId] }).then(({ ALERT, VULNERABILITY }) => [ALERT, VULNERABILITY]),
    [0, 40],
  )
  const from = new Date(Date.now() - 1.5 * 3_600_000).toISOString()
  const recent = await found({ createdAt: { from } })
  assert.deepEqual(recent, { ASSET: 5, ALERT: 5, VULNERABILITY: 5 })
  const { body } = await admin.rest('GET', `/search?q=needle&severity=high&from=${from}&limit=100`)
  assert.equal(body.data.items.length, 5)
  assert.equal((await admin.rest('GET', '/search?q=needle&severity=worst')).status, 400)
})

test('what cannot be searched for is refused', async () => {
  for (const variables of [
    { query: '  ' },
    { query: 'x'.repeat(201) },
    { query: 'needle', first: 101 },
    { query: 'needle', first: -1 },
    { query: 'needle', after: 'nowhere' },
  ])
    assert.equal(await code(admin, variables), 'VALIDATION_ERROR', JSON.stringify(variables))
})

test('REST finds the same, and goes on by its cursor', async () => {
  const all = (await search(admin, { query: 'needle', first: 100 })).edges.map(({ node }) => node.id)
  const one = await admin.rest('GET', '/search?q=needle&limit=30')
  assert.equal(one.status, 200, one.text)
  const { items, pagination, missing } = one.body.data
  assert.deepEqual(missing, [])
  const two = await admin.rest('GET', `/search?q=needle&limit=30&cursor=${pagination.nextCursor}`)
  const ids = [...items, ...two.body.data.items].map(({ id }: { id: string }) => id)
  assert.deepEqual(ids, all.slice(0, 60))
  for (const item of items)
    assert.ok(['asset', 'alert', 'vulnerability'].includes(item.kind) && item.created_at)
  const kinds = await admin.rest('GET', '/search?q=needle&kinds=alert&limit=100')
  assert.equal(kinds.body.data.items.length, 40)
  for (const path of ['/search', '/search?q=', '/search?q=a&kinds=user', '/search?q=a&limit=0'])
    assert.equal((await admin.rest('GET', path)).status, 400, path)
})

test('who does not answer is left out, and named', async () => {
  const transports = house.surroundings.transports as Record<string, unknown>
  const usual = transports.alerts
  const ways = {
    dead: async () => {
      throw new Error('connection refused')
    },
    silent: () => new Promise(() => {}),
  }
  try {
    for (const [name, way] of Object.entries(ways)) {
      transports.alerts = way
      const page = await search(admin, { query: 'needle', kinds: ['ASSET', 'ALERT'], first: 100 })
      assert.deepEqual(page.missing, ['ALERT'], name)
      assert.equal(page.edges.length, 40)
      assert.deepEqual(
        page.totals.map(({ kind }) => kind),
        ['ASSET'],
      )
    }
  } finally {
    transports.alerts = usual
  }
  assert.deepEqual((await search(admin, { query: 'needle' })).missing, [])
})
