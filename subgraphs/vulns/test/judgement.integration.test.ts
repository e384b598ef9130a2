/** That PostgreSQL judges findings as the rules do, and that nobody writes a finding past its judgement. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Db, ingestRoleOf, inTenant, openDatabase, roleOf, urlAs } from '#kit/database.ts'
import { idOfName, newId } from '#kit/id.ts'
import { severities } from '#kit/severity.ts'
import { type Owner, openOwner } from '../../../scripts/test/owner.ts'
import { openTestHouse, type TestHouse } from '../../../scripts/test-house.ts'
import * as findings from '../model/finding.ts'
import * as risk from '../model/risk.ts'
import { type RiskInputs, riskOf } from '../rules-risk.ts'
import { dueOf, type SlaDays, type Urgency, usualSla } from '../rules-sla.ts'
import { criticalities, exposures, reachabilities, type Tables } from '../tables.ts'

const organizationId = idOfName('organization', 'acme')
const day = 86_400_000

let house: TestHouse
let owner: Owner
let db: Db<Tables>
let machine: Db<Tables>

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  const { keys, log } = house.surroundings
  const open = (role: string) =>
    openDatabase<Tables>({
      url: urlAs(house.databaseUrl, role, keys.passwordOf(role)),
      schema: 'vulns',
      log,
      connections: 2,
    })
  const role = roleOf(house.databaseUrl, 'vulns')
  db = open(role)
  machine = open(ingestRoleOf(role))
})
after(async () => {
  await db?.destroy()
  await machine?.destroy()
  await owner?.close()
  await house?.close()
})

const random: fc.Arbitrary<RiskInputs> = fc.record({
  cvss: fc.option(fc.integer({ min: 0, max: 100 }).map((value) => value / 10)),
  severity: fc.constantFrom(...severities),
  // As FIRST publishes it: five digits.
  epss: fc.option(fc.integer({ min: 0, max: 100_000 }).map((value) => value / 100_000)),
  kev: fc.boolean(),
  criticality: fc.constantFrom(...criticalities),
  exposure: fc.constantFrom(...exposures),
  reachability: fc.constantFrom(...reachabilities),
})

test('SQL scores 2,000 random findings as the rule does', async () => {
  const rows = fc.sample(random, 2_000)
  const { rows: scored } = await owner.query(
    `select vulns.risk_of(cvss, severity, epss, kev, criticality, exposure, reachability) as score
     from jsonb_to_recordset($1::jsonb) as given (cvss float8, severity text, epss float8, kev boolean,
       criticality text, exposure text, reachability text)`,
    [JSON.stringify(rows)],
  )
  assert.deepEqual(
    scored.map(({ score }) => score),
    rows.map((row) => riskOf(row).score),
  )
})

const time = fc.integer({ min: 0, max: 1_000 }).map((days) => new Date(Date.UTC(2024, 0, 1) + days * day))
const urgency: fc.Arbitrary<Urgency> = fc.record({
  severity: fc.constantFrom(...severities),
  exposure: fc.constantFrom(...exposures),
  epss: fc.option(fc.constantFrom(0, 0.05, 0.1, 0.7)),
  kev: fc.boolean(),
  kevDue: fc.option(time),
  kevAdded: time,
  startedAt: time,
})

const limit = fc.option(fc.integer({ min: 1, max: 400 }))
const policy: fc.Arbitrary<SlaDays> = fc.record({
  ...{ criticalDays: limit, highDays: limit, mediumDays: limit, lowDays: limit, internetDays: limit },
  ...{ exploitableInternetDays: limit, exploitableDays: limit },
  kevDays: fc.integer({ min: 1, max: 60 }),
  epssThreshold: fc.constantFrom(0.01, 0.1, 0.6),
  restartAfterDays: fc.constant(30),
})

for (const [of, sla] of [
  ['the usual policy', null],
  ['a policy of one’s own', fc.sample(policy, 1)[0]!],
] as const)
  test(`SQL finds 1,000 random findings due when the rule does, by the same rule: ${of}`, async () => {
    await isDueAlike(sla)
  })

async function isDueAlike(sla: SlaDays | null): Promise<void> {
  const rows = fc.sample(urgency, 1_000)
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const own = sla && Object.entries({ ...sla, version: 1 }).map(([name, value]) => [snake(name), value])
  const { rows: found } = await owner.query(
    `select d.due, d.reason from jsonb_to_recordset($1::jsonb) as g (n int, severity text, exposure text,
      epss float8, kev boolean, "kevDue" timestamptz, "kevAdded" timestamptz, "startedAt" timestamptz)
     left join lateral vulns.due_of(g.severity, g.exposure, g.epss, g.kev,
      (g."kevDue" at time zone 'UTC')::date, (g."kevAdded" at time zone 'UTC')::date, g."startedAt",
      jsonb_populate_record(null::vulns.sla_policies, $2::jsonb)) d on true order by g.n`,
    [JSON.stringify(rows.map((row, n) => ({ ...row, n }))), own && JSON.stringify(Object.fromEntries(own))],
  )
  assert.deepEqual(
    found.map(({ due, reason }) => (due ? { due, reason } : null)),
    rows.map((row) => dueOf(row, sla ?? usualSla)),
    JSON.stringify(sla),
  )
}

const asset = newId()
const many = 300

test('findings that are judged one by one and all at once come out alike', async () => {
  const rows = fc.sample(random, many)
  const at = new Date()
  await inTenant(db, { organizationId }, async (trx) => {
    const values = rows.map(({ cvss, severity, reachability }, index) => ({
      ...{ id: newId(), organizationId, assetId: asset, fingerprint: `judged-${index}`, kind: 'package' },
      ...{ severity, cvssScore: cvss, reachability, title: String(index), cveId: `CVE-1999-${index}` },
    }))
    await trx
      .insertInto('vulnerabilities')
      .values(values as never)
      .execute()
  })
  await owner.query(
    `insert into vulns.vuln_intel (cve_id, epss, kev_listed, kev_added)
     select 'CVE-1999-' || n, epss, kev, '2026-01-01'
     from jsonb_to_recordset($1::jsonb) as given (n int, epss float8, kev boolean)`,
    [JSON.stringify(rows.map((row, n) => ({ ...row, n })))],
  )
  const place = { criticality: 'high', exposure: 'internet', lifecycle: 'active' } as const
  const [told] = await inTenant(db, { organizationId }, (trx) =>
    risk.placeAssets(trx, organizationId, [{ ...place, assetId: asset }], at),
  )
  const stored = await inTenant(db, { organizationId }, (trx) =>
    trx.selectFrom('vulnerabilities').selectAll().where('assetId', '=', asset).execute(),
  )
  for (const row of stored) {
    const given = { ...rows[Number(row.title)]!, criticality: 'high', exposure: 'internet' } as const
    assert.equal(row.riskScore, riskOf(given).score, JSON.stringify(given))
  }
  assert.equal(told!.score, Math.min(100, Math.max(...stored.map((row) => row.riskScore)) + 10))
  assert.equal(
    told!.factors.reduce((sum, { contribution }) => sum + contribution, 0),
    told!.score,
  )
  const again = await inTenant(db, { organizationId }, (trx) => risk.rejudge(trx, { assetIds: [asset] }, at))
  assert.equal(again, 0, 'nothing is written that stays as it was')
  // What the trigger makes of a row is what judging all made of it.
  await owner.query(`update vulns.vulnerabilities set due_at = null, risk_score = 0 where asset_id = $1`, [
    asset,
  ])
  const judged = await inTenant(db, { organizationId }, (trx) =>
    trx.selectFrom('vulnerabilities').selectAll().where('assetId', '=', asset).execute(),
  )
  const essence = (of: typeof stored) =>
    of
      .map(({ id, riskScore, dueAt, slaReason, atRiskAt }) => ({ id, riskScore, dueAt, slaReason, atRiskAt }))
      .sort((one, other) => (one.id < other.id ? -1 : 1))
  assert.deepEqual(essence(judged), essence(stored))
})

test('what a scan adds is judged at once as it is one by one, and what people accepted before stays accepted', async () => {
  const scanned = newId()
  const rows = fc.sample(random, many)
  const at = new Date()
  const place = { criticality: 'low', exposure: 'internet', lifecycle: 'active' } as const
  await inTenant(db, { organizationId }, (trx) =>
    risk.placeAssets(trx, organizationId, [{ ...place, assetId: scanned }], at),
  )
  await owner.query(
    `insert into vulns.risk_acceptances (organization_id, id, cve_ids, asset_ids, treatment, reason, status, requested_by,
      approved_by, decided_by, decided_at, valid_from, expires_at)
    values ($1, $2, '{CVE-1999-7}', $3, 'accept', 'r', 'approved', $4, $2, $2, now(), now(), now() + interval '9 days'),
      ($1, $4, '{CVE-1999-8}', $5, 'accept', 'r', 'approved', $4, $2, $2, now(), now(), now() + interval '9 days')`,
    [organizationId, newId(), [scanned], newId(), [newId()]],
  )
  const run = { id: newId(), organizationId, assetId: scanned, tool: 'scan', scope: `scan/${scanned}` }
  const told = rows.map(
    ({ cvss, severity }, index): findings.Finding => ({
      ...{
        key: `${index}`,
        kind: 'code',
        cveId: index % 5 ? `CVE-1999-${index}` : null,
        aliases: [],
        cwes: [],
      },
      ...{ ruleId: null, severity, cvss: [], cvssScore: cvss, cvssVector: null, title: String(index) },
      ...{
        description: null,
        remediation: null,
        component: null,
        location: null,
        fixedVersions: [],
        links: [],
      },
    }),
  )
  await inTenant(machine, { organizationId }, (trx) => findings.apply(trx, run, 0, told))
  const essence = async () =>
    (
      await owner.query(
        `select title, status, risk_score, due_at, sla_reason, at_risk_at, sla_started_at, sla_paused_at
        from vulns.vulnerabilities where asset_id = $1 order by title::int`,
        [scanned],
      )
    ).rows
  const stored = await essence()
  const accepted = stored.filter(({ status }) => status === 'risk_accepted').map(({ title }) => title)
  assert.deepEqual([stored.length, accepted], [many, ['7']], 'the other acceptance is of another asset')
  assert.ok(stored.some(({ sla_reason }) => sla_reason === 'kev'))
  await owner.query(`update vulns.vulnerabilities set due_at = null, risk_score = 0 where asset_id = $1`, [
    scanned,
  ])
  assert.deepEqual(await essence(), stored)
})

const refused = (work: Promise<unknown>, code: string) =>
  assert.rejects(work, (error: { code?: string }) => error.code === code)

test('machines are refused every column that people or the judgement write', async () => {
  const columns: Record<string, unknown> = {
    assigneeId: newId(),
    ticketUrl: 'https://x.example',
    justification: 'code_not_present',
    statusReason: 'because',
    statusBy: newId(),
    statusAt: new Date(),
    reachability: 'unreachable',
    severityOverride: 'low',
    overrideReason: 'because',
    overrideBy: newId(),
    overrideAt: new Date(),
    overrideUntil: new Date(),
    acceptanceId: newId(),
    acceptedFrom: new Date(),
    acceptedUntil: new Date(),
    riskScore: 1,
    slaReason: 'kev',
    slaStartedAt: new Date(),
    slaPausedAt: new Date(),
    slaPausedSeconds: 1,
    atRiskAt: new Date(),
  }
  for (const [column, value] of Object.entries(columns))
    await refused(
      inTenant(machine, { organizationId }, (trx) =>
        trx
          .updateTable('vulnerabilities')
          .set({ [column]: value })
          .where('assetId', '=', asset)
          .execute(),
      ),
      '42501',
    )
  await refused(
    inTenant(machine, { organizationId }, (trx) =>
      trx
        .insertInto('assetContext')
        .values({ organizationId, assetId: newId() } as never)
        .execute(),
    ),
    '42501',
  )
})

test('PostgreSQL keeps no verdict without its reason', async () => {
  for (const change of [
    `status = 'not_affected'`,
    `status = 'false_positive'`,
    `status = 'false_positive', status_reason = ''`,
    `status = 'risk_accepted'`,
    `severity_override = 'low'`,
    `justification = 'because'`,
  ])
    await refused(
      owner.query(`update vulns.vulnerabilities set ${change} where asset_id = $1`, [asset]),
      '23514',
    )
})
