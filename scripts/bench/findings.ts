/**
 * `npm run bench:findings`: a tenant of 100,000 assets, a million findings and a million alerts beside one of ten
 * thousand, under row level security: what is shown of them, how that grows, how fast more comes in, and the same list
 * by hand and by PostGraphile. Writes `.bench/findings.json`. `rounds=5 ms=4000 part=0.1 without=postgraphile`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import pg from 'pg'
import { urlAs } from '#kit/database.ts'
import { startPostgres } from '#kit/embedded.ts'
import { newId } from '#kit/id.ts'
import { large, type Size, seedScale, small } from '../scale/seed.ts'
import { goal, keep, median, settings } from './goals.ts'
import { importLarge } from './import.ts'
import { install } from './install.ts'
import { answerOf, load, type Round } from './load.ts'
import { type Peer, startPeer } from './peer.ts'
import { plansOf } from './plans.ts'
import { compared, shipped } from './shipped.ts'
import { organizationId } from './tenants.ts'

const rounds = Number(settings.rounds ?? 5)
const ms = Number(settings.ms ?? 4_000)
const part = Number(settings.part ?? 1)
const password = newId()
const sized = (size: Size) =>
  Object.fromEntries(Object.entries(size).map(([kind, rows]) => [kind, Math.ceil(rows * part)])) as Size
const slugs = { large: 'acme', small: 'globex' }
type Of = keyof typeof slugs

const dataDir = mkdtempSync(join(tmpdir(), 'nexus-bench-findings-'))
const postgres = await startPostgres({ dataDir, durable: false })
const env = {
  DATABASE_URL: postgres.url,
  NEXUS_SECRET: newId() + newId(),
  NEXUS_DATA_DIR: dataDir,
  NEXUS_SEED: 'demo',
  NEXUS_DEMO_PASSWORD: password,
  PORT: '0',
}
const file = (name: string) => join(import.meta.dirname, 'peers', `${name}.ts`)
const peers: Peer[] = []
const start = async (
  name: string,
  urls: Record<string, string> = {},
  more?: Record<string, string>,
  flags: string[] = [],
) => {
  const peer = await startPeer(name, file(name), { supergraphSdl: '', urls }, flags, more)
  peers.push(peer)
  return peer
}

/** A role that sees what a tenant sees, of two schemas at once: for peers that know one database. */
async function readerUrl(): Promise<string> {
  const owner = new pg.Client({ connectionString: postgres.url })
  await owner.connect()
  await owner.query(`create role bench_reader login password '${password}';
    grant usage on schema alerts, assets to bench_reader;
    grant select on all tables in schema alerts, assets to bench_reader`)
  await owner.end()
  return urlAs(postgres.url, 'bench_reader', password)
}

async function signIn(url: string, of: Of, role = 'analyst'): Promise<Record<string, string>> {
  const answer = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${role}@${slugs[of]}.example`, password }),
  })
  const { data } = (await answer.json()) as { data: { accessToken: string } }
  return { authorization: `Bearer ${data.accessToken}` }
}

const rows: ({ what: string; of: string } & Round)[] = []
try {
  const house = await start('house', {}, env, ['--max-semi-space-size=16'])
  await seedScale(
    postgres.url,
    (['large', 'small'] as const).map((of) => ({
      organizationId: organizationId[of],
      size: sized({ large, small }[of]),
    })),
    console.log,
  )
  const measure = async (what: string, of: string, round: Parameters<typeof load>) =>
    rows.push({ what, of, ...(await load(...round)) })

  for (let round = -1; round < rounds; round++)
    for (const tenant of ['large', 'small'] as const) {
      const headers = await signIn(house.url, tenant)
      for (const [what, asked] of Object.entries(shipped)) {
        const bodies = asked.map((each) => JSON.stringify(each))
        const how = { connections: 2, ms, headers }
        if (round < 0) await load(`${house.url}/graphql`, bodies, how, house.used)
        else await measure(what, tenant, [`${house.url}/graphql`, bodies, how, house.used])
      }
    }

  const reader = await readerUrl()
  const rivals = [await start('handler', { reader })]
  if (!settings.without?.includes('postgraphile') && (await install('postgraphile')))
    rivals.push(await start('postgraphile', { reader }))
  else console.log('postgraphile is left out, its goal too')
  const expected = await answerOf(rivals[0]!.url, '{}')
  for (let round = -1; round < rounds; round++)
    for (const { name, url, used } of [{ ...house, name: 'ours', url: `${house.url}/graphql` }, ...rivals]) {
      const headers = name === 'ours' ? await signIn(house.url, 'large') : {}
      const body = JSON.stringify(compared[name as keyof typeof compared])
      if (round < 0) {
        const answer = await answerOf(url, body, headers)
        if (!isDeepStrictEqual(timesOf(answer), timesOf(expected)))
          throw new Error(
            `${name} does not answer as the handler does: ${JSON.stringify(answer).slice(0, 500)}`,
          )
        await load(url, [body], { connections: 8, ms, headers }, used)
      } else await measure('compared', name, [url, [body], { connections: 8, ms, headers }, used])
    }

  const plans = await plansOf(env, postgres.url, organizationId.large)
  const manager = () => signIn(house.url, 'small', 'manager')
  const imported = await importLarge(house, manager, postgres.url, Math.max(5, rounds))
  report(plans, imported)
} finally {
  for (const peer of peers.reverse()) await peer.close()
  await postgres.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

/** One form of a time, whoever wrote it. */
function timesOf(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (name, value) =>
    name === 'createdAt'
      ? new Date(value).getTime()
      : name === 'status' || name === 'severity' || name === 'criticality'
        ? String(value).toLowerCase()
        : value,
  )
}

function report(
  plans: Awaited<ReturnType<typeof plansOf>>,
  imported: Awaited<ReturnType<typeof importLarge>>,
) {
  const figure = (what: string, of: string, at: (round: Round) => number) =>
    median(rows.filter((row) => row.what === what && row.of === of).map(at))
  const sla = { dashboard: 200, list: 300, search: 500 }
  const growth = { dashboard: 1.5, list: 1.5, search: 3 }
  const kinds = Object.keys(shipped) as (keyof typeof shipped)[]
  console.table(
    [
      ...kinds.flatMap((what) => ['large', 'small'].map((of) => ({ what, of }))),
      ...['ours', 'handler', 'postgraphile'].map((of) => ({ what: 'compared', of })),
    ]
      .filter(({ what, of }) => rows.some((row) => row.what === what && row.of === of))
      .map(({ what, of }) => ({
        what,
        of,
        'p50 ms': Number(figure(what, of, ({ p50Ms }) => p50Ms).toFixed(1)),
        'p95 ms': Number(figure(what, of, ({ p95Ms }) => p95Ms).toFixed(1)),
        'p99 ms': Number(figure(what, of, ({ p99Ms }) => p99Ms).toFixed(1)),
        'requests/s': Math.round(figure(what, of, ({ requests, seconds }) => requests / seconds)),
      })),
  )
  const p95 = (what: string, of: Of) => figure(what, of, ({ p95Ms }) => p95Ms)
  const rate = (of: string) => figure('compared', of, ({ requests, seconds }) => requests / seconds)
  const hasPostgraphile = rows.some(({ of }) => of === 'postgraphile')
  keep('findings', {
    rounds,
    rows,
    plans,
    imported,
    goals: [
      ...kinds.map((what) => goal(`${what}.p95_ms`, p95(what, 'large'), sla[what], 'lower')),
      ...kinds.map((what) =>
        goal(`${what}.growth`, p95(what, 'large') / p95(what, 'small'), growth[what], 'lower'),
      ),
      goal('list.vs_handler', rate('ours') / rate('handler'), 0.4, 'higher'),
      ...(hasPostgraphile
        ? [goal('list.vs_postgraphile', rate('ours') / rate('postgraphile'), 1, 'higher')]
        : []),
      goal('plans.without_index', plans.filter(({ ok }) => !ok).length, 0, 'lower'),
      goal('ingest.findings_per_s', imported.findingsPerSecond, 10_000, 'higher'),
      goal('ingest.vs_copy', imported.vsCopy, 0.3, 'higher'),
      goal('ingest.again_vs_first', imported.again, 1, 'lower'),
      goal('import30k.seconds', imported.seconds, 60, 'lower'),
      goal('import30k.rss_mb', imported.rssMb, 512, 'lower'),
    ],
  })
}
