/** A search finds what reading everything would, through an index that row level security does not hide. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { type Db, inTenant, openDatabase, roleOf, type Trx, urlAs } from '#kit/database.ts'
import { idOfName } from '#kit/id.ts'
import { type PageArgs, page } from '#kit/page.ts'
import * as assets from '../../subgraphs/assets/model/asset.ts'
import type { AssetRow, Tables } from '../../subgraphs/assets/tables.ts'
import { openTestHouse, type TestHouse } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'

const organizationId = idOfName('organization', 'acme')
const count = 20_000

let house: TestHouse
let owner: Owner
let db: Db<Tables>
let rows: { name: string; externalId: string | null }[]

const urlOf = (schema: string) => {
  const role = roleOf(house.databaseUrl, schema)
  return urlAs(house.databaseUrl, role, house.surroundings.keys.passwordOf(role))
}

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  await owner.query(
    `insert into assets.assets (id, organization_id, name, type, external_id)
    select ('01990000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, case n
      when 7 then '100%_sure' when 8 then 'back\\slash' when 9 then 'Größe-Ω' when 10 then 'zq-first' when 11 then 'a.zq'
      when 12 then 'nozq' else (array['web', 'db', 'cache'])[1 + n % 3] || '-' || substr(md5(n::text), 1, 9) end,
      'host', case when n % 2 = 0 then 'ext/' || n end from generate_series(1, ${count}) n`,
    [organizationId],
  )
  await owner.query('analyze assets.assets')
  db = openDatabase<Tables>({ url: urlOf('assets'), schema: 'assets', log: house.surroundings.log })
  rows = await inTenant(db, { organizationId }, (trx) =>
    trx.selectFrom('assets').select(['name', 'externalId']).execute(),
  )
})
after(async () => {
  await db?.destroy()
  await house?.close()
})

const inAcme = <Result>(work: (trx: Trx<Tables>) => Promise<Result>) => inTenant(db, { organizationId }, work)
const list = (args: PageArgs) =>
  inAcme((trx) =>
    page<AssetRow>(
      trx,
      assets.spec,
      args,
      async (query) => (await inAcme((own) => query.execute(own))).rows[0]!.count,
    ),
  )

async function everything(search: string): Promise<string[]> {
  const names: string[] = []
  let after: string | null = null
  do {
    const { edges, pageInfo } = await list({ first: 100, after, filter: { search } })
    names.push(...edges.map(({ node }) => node.name))
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null
  } while (after)
  return names
}

/** What a person would expect: a part of the text, and of two letters the beginning of a word. */
function expected(search: string): string[] {
  const sought = search.toLowerCase()
  const matches = (text: string | null) => {
    const found = text?.toLowerCase() ?? ''
    if (!/^[\p{L}\p{N}]{2}$/u.test(sought)) return found.includes(sought)
    return found.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(sought))
  }
  return rows.filter(({ name, externalId }) => matches(name) || matches(externalId)).map(({ name }) => name)
}

for (const [what, ...terms] of [
  ['rare words', 'c4ca4238a', 'zq-first', 'ext/777', 'größe', 'nothing-like-it'],
  ['words in a part of all rows', 'web-ab', '/100'],
  ['signs of patterns', '%', '_', '100%_', 'back\\sl', '%_', "o'clock", '(('],
  ['two letters', 'zq', 'ZQ', 'a0', 'ω'],
] as const) {
  test(`${what}: what is found is what reading everything finds, in the order of the list`, async () => {
    for (const term of terms) {
      const found = await everything(term)
      assert.deepEqual([...found].sort(), expected(term).sort(), term)
      assert.deepEqual(
        found,
        [...found].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
        `the order of ${term}`,
      )
    }
  })
}

test('words in most rows are found page by page, and counted as far as counts go', async () => {
  for (const term of ['web', 'ext', 'we', 'cache-']) {
    const { edges, totalCount } = await list({ first: 50, filter: { search: term } })
    assert.deepEqual(
      edges.map(({ node }) => node.name),
      expected(term).sort().slice(0, 50),
      term,
    )
    const total = expected(term).length
    assert.deepEqual(
      await totalCount(),
      total > 10_000 ? { count: 10_000, type: 'at_least' } : { count: total, type: 'exact' },
    )
  }
  const both = await list({ filter: { search: 'c4ca4238a', type: ['database'] } })
  assert.deepEqual([both.edges, await both.totalCount()], [[], { count: 0, type: 'exact' }])
})

test('the service that is bound by row level security searches by the index', async () => {
  const scans = async () => {
    const { rows } = await owner.query(
      `select idx_scan::int as scans from pg_stat_user_indexes where indexrelname = 'search_assets'`,
    )
    return rows[0].scans as number
  }
  const from = await scans()
  const admin = await house.as('admin@acme.example')
  const { body } = await admin.rest('GET', '/assets/search?q=c4ca4238a')
  assert.equal(body.data.items.length, 1)
  await until('the index says that it was read', 15_000, async () => (await scans()) > from)
})

test('the function of the search knows one tenant, and answers nobody but its service', async () => {
  const call = `select assets.search_assets('%web%', false, 100000, true) as ids`
  const as = async (schema: string, tenant: string | null) => {
    const client = new pg.Client({ connectionString: urlOf(schema) })
    await client.connect()
    if (tenant) await client.query(`select set_config('nexus.organization', $1, false)`, [tenant])
    return client
      .query(call)
      .then((result) => result.rows[0].ids.length as number)
      .finally(() => client.end())
  }
  assert.equal(await as('assets', null), 0)
  assert.equal(await as('assets', idOfName('organization', 'globex')), 1)
  assert.ok((await as('assets', organizationId)) > 6_000)
  await assert.rejects(as('alerts', organizationId), { code: '42501' })
})
