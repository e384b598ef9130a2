/** A house that is thrown away, with two tenants in it: who attacks, and who is attacked. */
import diagnostics from 'node:diagnostics_channel'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import { environment, readEnv } from '#kit/env.ts'
import { createLog } from '#kit/log.ts'
import { type House, type HouseOptions, openHouse } from '../house.ts'
import { type Canaries, createCanaries, type Secrets } from './canary.ts'
import { readCatalogue } from './catalogue.ts'
import { type Client, openClient } from './client.ts'
import { plant, type Unplanted } from './plant.ts'
import { mint, type Principal } from './principals.ts'
import { type OwnRedis, startRedis } from './redis.ts'
import type { Row } from './values.ts'

export type Query = (text: string, values?: unknown[]) => Promise<Row[]>
export type Tenant = { id: string; slug: string; canaries: Canaries; rows: Map<string, Row> }
export type Route = { method: string; url: string }
type Catalogue = Awaited<ReturnType<typeof readCatalogue>>

export type Scratch = Catalogue & {
  house: House
  dataDir: string
  /** As the owner of the database, who sees everything. */
  query: Query
  attacker: Tenant
  victim: Tenant
  /** Rows of the victim whose ids the attacker names. Of all other rows nobody ever says an id. */
  named: Map<string, Row>
  secrets: Secrets
  unplanted: Unplanted[]
  /** Everything that the gateway and its metrics listen to. */
  routes: Route[]
  redis: OwnRedis | null
  client: Client
  /** As whom it is seen that an attack would find something. Signing in again would change the victim's rows. */
  owner: string | null
  as(principal: Principal, of?: Tenant): Promise<string | null>
  /** The same one for some time: for those who end no sessions. */
  staying(principal: Principal, of?: Tenant): Promise<string | null>
  close(): Promise<void>
}

/** Less than the five minutes of an access token. */
const keptMs = 120_000

export type ScratchOptions = Pick<HouseOptions, 'parts' | 'onStatement'> & { redis?: boolean }

/** Tells of every route of every server that is made while the work goes on. */
async function routesDuring<Result>(routes: Route[], work: () => Promise<Result>): Promise<Result> {
  const heard = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance }
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const each of [method].flat()) routes.push({ method: each, url })
    })
  }
  diagnostics.subscribe('fastify.initialization', heard)
  return work().finally(() => diagnostics.unsubscribe('fastify.initialization', heard))
}

async function uuidsOf(
  query: Query,
  { relations }: Catalogue,
  where: (tenant: string | null) => string | null,
) {
  const found = new Map<string, string>()
  for (const { name, kind, columns, tenant } of relations) {
    const condition = kind === 'table' ? where(tenant) : null
    const names = columns.filter(({ type }) => type === 'uuid').map((column) => column.name)
    if (condition === null || names.length === 0) continue
    for (const row of await query(
      `select ${names.map((each) => `"${each}"`).join(', ')} from ${name} where ${condition}`,
    ))
      for (const each of names) if (row[each]) found.set(String(row[each]), `${name}.${each}`)
  }
  return found
}

export async function openScratch(options: ScratchOptions = {}): Promise<Scratch> {
  const dataDir = mkdtempSync(join(tmpdir(), 'nexus-isolation-'))
  const closers: (() => unknown)[] = [() => rmSync(dataDir, { recursive: true, force: true })]
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const redis = options.redis === false ? null : await startRedis(dataDir)
    if (redis) closers.push(() => redis.stop())
    const settings = {
      NEXUS_DATA_DIR: dataDir,
      PORT: '0',
      METRICS_PORT: '0',
      NEXUS_SEED: 'demo',
      HOST: '127.0.0.1',
    }
    const env = readEnv(environment, redis ? { ...settings, REDIS_URL: redis.url } : settings)
    const log = createLog('isolation', process.env.LOG_LEVEL ?? 'silent')
    const routes: Route[] = []
    const { parts, onStatement } = options
    const house = await routesDuring(routes, () =>
      openHouse({ env, log, durable: false, ...(parts && { parts }), ...(onStatement && { onStatement }) }),
    )
    closers.push(() => house.close())
    const owner = new pg.Pool({ connectionString: house.databaseUrl, max: 4 })
    owner.on('error', () => {})
    closers.push(() => owner.end())
    const query: Query = async (text, values) => (await owner.query(text, values)).rows
    const catalogue = await readCatalogue(query)

    const tenant = async (slug: string): Promise<Tenant> => {
      const [found] = await query('select id from identity.organizations where slug = $1', [slug])
      return { id: String(found!.id), slug, canaries: createCanaries(), rows: new Map() }
    }
    const attacker = await tenant('acme')
    const victim = await tenant('globex')
    const own = await plant(query, catalogue.relations, attacker.id, attacker.canaries)
    attacker.rows = own.rows
    const named = await plant(query, catalogue.relations, victim.id, victim.canaries)
    const hidden = await plant(query, catalogue.relations, victim.id, victim.canaries)
    victim.rows = hidden.rows
    // The organization's own row is the one that signing up wrote: it gets its canary as everything else does.
    const name = victim.canaries.at('identity.organizations.name')
    await query('update identity.organizations set name = $2, slug = $2 where id = $1', [victim.id, name])

    const ids = await uuidsOf(query, catalogue, (column) => column && `"${column}" = '${victim.id}'`)
    const others = await uuidsOf(query, catalogue, (column) =>
      column ? `"${column}" <> '${victim.id}'` : 'true',
    )
    for (const id of [
      ...others.keys(),
      ...[...named.rows.values()].flatMap((row) => Object.values(row).map(String)),
    ])
      ids.delete(id)
    const client = openClient(house.url)
    closers.push(() => client.close())
    const { keys } = house.surroundings
    // A key, since it outlives the run however long that takes.
    const minted = await mint(query, keys, victim.id, 'api')
    const held = new Map<string, { token: Promise<string | null>; until: number }>()
    return {
      owner: minted,
      ...catalogue,
      ...{ house, dataDir, query, attacker, victim, named: named.rows, routes, redis, client, close },
      secrets: { canaries: victim.canaries, ids },
      unplanted: [...named.unplanted, ...hidden.unplanted, ...own.unplanted],
      as: (principal, of = attacker) => mint(query, keys, of.id, principal),
      staying(principal, of = attacker) {
        const name = `${of.id}/${principal}`
        const known = held.get(name)
        if (known && known.until > Date.now()) return known.token
        const token = mint(query, keys, of.id, principal)
        held.set(name, { token, until: Date.now() + keptMs })
        return token
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}
