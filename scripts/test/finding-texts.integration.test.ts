/** Findings that say the same are found by one text, whoever wrote them, and are no less findings of their own. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Db, inTenant, openDatabase, roleOf, urlAs } from '#kit/database.ts'
import { idOfName } from '#kit/id.ts'
import { page } from '#kit/page.ts'
import * as vulnerabilities from '../../subgraphs/vulns/model/vulnerability.ts'
import type { Tables, VulnerabilityRow } from '../../subgraphs/vulns/tables.ts'
import { openTestHouse, type TestHouse } from '../test-house.ts'
import { type Owner, openOwner } from './owner.ts'

const [acme, globex] = [idOfName('organization', 'acme'), idOfName('organization', 'globex')]
/** On each of so many hosts. */
const hosts = 300

let house: TestHouse
let owner: Owner
let db: Db<Tables>

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  const role = roleOf(house.databaseUrl, 'vulns')
  const url = urlAs(house.databaseUrl, role, house.surroundings.keys.passwordOf(role))
  db = openDatabase<Tables>({ url, schema: 'vulns', log: house.surroundings.log })
  for (const organizationId of [acme, globex])
    await owner.query(
      `insert into vulns.vulnerabilities
        (id, organization_id, asset_id, fingerprint, kind, severity, title, cve_id)
      select gen_random_uuid(), $1, gen_random_uuid(), 'texts ' || host || title, 'package', 'low', title, cve_id
      from generate_series(1, ${hosts}) host, (values
        ('CVE-2031-10001 in libneedle: it leaks', 'CVE-2031-10001'), ('libneedle leaks again', 'CVE-2031-10002'),
        ('A wq of libneedle', null), ('xCVE-2031-10003 of nowhere', 'CVE-2031-10003'), ('100%_needle', null))
        as told (title, cve_id)`,
      [organizationId],
    )
})
after(async () => {
  await db?.destroy()
  await house?.close()
})

async function find(search: string): Promise<{ titles: Set<string>; total: number; most: number }> {
  const inAcme = <Result>(work: Parameters<typeof inTenant<Tables, Result>>[2]) =>
    inTenant(db, { organizationId: acme }, work)
  const { edges, totalCount } = await inAcme((trx) =>
    page<VulnerabilityRow>(
      trx,
      vulnerabilities.specAt(new Date()),
      { first: 100, filter: { search } },
      async (query) => (await inAcme((own) => query.execute(own))).rows[0]!.count,
    ),
  )
  assert.ok(edges.every(({ node }) => node.organizationId === acme))
  return {
    titles: new Set(edges.map(({ node }) => node.title)),
    total: (await totalCount()).count,
    most: edges.length,
  }
}

const textsOf = async (like: string) => {
  const { rows } = await owner.query(
    'select organization_id, text from vulns.finding_texts where text like $1 order by 2, 1',
    [like],
  )
  return rows as { organization_id: string; text: string }[]
}

test('each text of a tenant is kept once, with the CVE that its title does not have', async () => {
  const kept = await textsOf('%needle%')
  assert.equal(kept.length, 8)
  assert.deepEqual(
    new Set(kept.map(({ text }) => text)),
    new Set([
      'CVE-2031-10001 in libneedle: it leaks',
      'libneedle leaks again\nCVE-2031-10002',
      'A wq of libneedle',
      '100%_needle',
    ]),
  )
})

test('all that say it are found, by parts of the title and of the CVE', async () => {
  for (const [search, texts] of [
    ['LIBNEEDLE LEAKS', 1],
    ['libneedle', 3],
    ['CVE-2031-1000', 3],
    ['2031-10003', 1],
    ['wq', 1],
    ['%_nee', 1],
    ['leaks again CVE', 0],
    ['nothing-like-it', 0],
  ] as const) {
    const { titles, total, most } = await find(search)
    assert.equal(total, texts * hosts, search)
    assert.equal(titles.size > 0, texts > 0, search)
    assert.equal(most, Math.min(total, 100), search)
  }
  // How a word begins: in the third of them no word of the title does so, and the CVE does.
  assert.equal((await find('cv')).total >= 3 * hosts, true)
})

test('who says something else is found by that, and by nothing that they said before', async () => {
  await owner.query(
    `update vulns.vulnerabilities set title = 'libneedle is well' where organization_id = $1 and title = 'A wq of libneedle'`,
    [acme],
  )
  assert.equal((await find('wq')).total, 0)
  assert.equal((await find('libneedle is well')).total, hosts)
  await owner.query(
    `update vulns.vulnerabilities set cve_id = 'CVE-2031-10009' where organization_id = $1 and title = 'libneedle is well'`,
    [acme],
  )
  assert.equal((await find('2031-10009')).total, hosts)
})

test('two who bring the same new texts at once do not wait for each other, and each of theirs is found once', async () => {
  const insert = `insert into vulns.vulnerabilities (id, organization_id, asset_id, fingerprint, kind, severity, title)
    select gen_random_uuid(), $1, gen_random_uuid(), $2 || n, 'code', 'low', 'bothneedle ' || n % 40
    from generate_series(1, 400) n`
  const [one, other] = [await openOwner(house), await openOwner(house)]
  try {
    for (const each of [one, other]) await each.query(`begin; set local lock_timeout = '2s'`)
    await one.query(insert, [acme, 'one'])
    await other.query(insert, [acme, 'other'])
    await other.query('commit')
    await one.query('commit')
  } finally {
    for (const each of [one, other]) await each.close()
  }
  assert.equal((await textsOf('bothneedle%')).length, 80)
  assert.equal((await find('bothneedle')).total, 800)
  assert.equal((await find('bothneedle 39')).total, 20)
  await owner.query(insert, [acme, 'later'])
  assert.equal((await textsOf('bothneedle%')).length, 80, 'what is there already is kept again')
})
