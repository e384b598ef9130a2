/** Houses with one wall missing: what verifies them must say which. */
import type { Events } from '#kit/events.ts'
import { createBreaker } from '../../gateway/federation/calls/breaker.ts'
import { createFlights } from '../../gateway/federation/calls/flights.ts'
import { attackCaches } from './caches.ts'
import { attackQueries, openGraph } from './graph.ts'
import { createLedger, type Finding, type Ledger } from './ledger.ts'
import { attackLive } from './live.ts'
import { readSchema, type Scratch, type ScratchOptions } from './scratch.ts'
import { attackTables } from './tables.ts'

/** What is missing in a house that can be changed while it runs. */
export type Missing = { cacheKey: boolean; eventFilter: boolean }
type Attack = (scratch: Scratch, ledger: Ledger) => Promise<void>
type Mutant = {
  name: string
  /** What the report has to name. */
  names(finding: Finding): boolean
  on(scratch: Scratch, missing: Missing): Promise<unknown>
  off(scratch: Scratch, missing: Missing): Promise<unknown>
  attack: Attack
}
export type Tested = {
  mutant: string
  exitCode: 0 | 1
  found: boolean
  findings: number
  first: string | null
}

const graph: Attack = async (scratch, ledger) => {
  openGraph(readSchema(), ledger)
  await attackQueries(scratch, readSchema(), ledger, true)
}
const live: Attack = async (scratch, ledger) => {
  openGraph(readSchema(), ledger)
  await attackLive(scratch, readSchema(), ledger)
}
const policy = `((organization_id = (select nullif(current_setting('nexus.organization', true), '')::uuid)))`

/** Of two tenants, until what should not be shared is: the first few show it. */
const interleaved = 400

export const mutants: readonly Mutant[] = [
  {
    name: 'a policy: row level security of alerts.alerts is off',
    names: ({ kind, name }) => kind === 'tables' && name === 'alerts.alerts',
    on: ({ query }) => query('alter table alerts.alerts disable row level security'),
    off: ({ query }) => query('alter table alerts.alerts enable row level security'),
    attack: attackTables,
  },
  {
    name: 'a filter: assets.assets is read without a tenant',
    names: ({ kind, name }) => kind === 'fields' && /asset/i.test(name),
    on: ({ query }) => query('alter policy tenant on assets.assets using (true)'),
    off: ({ query }) => query(`alter policy tenant on assets.assets using ${policy}`),
    attack: graph,
  },
  {
    name: 'a part of a cache key: calls under way are shared by whoever asks the same',
    names: ({ kind }) => kind === 'caches',
    on: async (_scratch, missing) => Object.assign(missing, { cacheKey: true }),
    off: async (_scratch, missing) => Object.assign(missing, { cacheKey: false }),
    attack: (scratch, ledger) => attackCaches(scratch, ledger, interleaved),
  },
  {
    name: 'a filter: events are told to all tenants',
    names: ({ kind, name }) => kind === 'subscriptions' && name === 'alertChanged',
    on: async (_scratch, missing) => Object.assign(missing, { eventFilter: true }),
    off: async (_scratch, missing) => Object.assign(missing, { eventFilter: false }),
    attack: live,
  },
]

const everybody = '00000000-0000-7000-8000-000000000000'

/** Parts of a house that lose what keeps tenants apart as soon as `missing` says so. */
export function partsLacking(missing: Missing): NonNullable<ScratchOptions['parts']> {
  return {
    calls: () => {
      const { share, close } = createFlights<never>((answer) => answer)
      const flights = {
        close,
        share: (caller: string, ...of: [string, () => Promise<never>]) =>
          share(missing.cacheKey ? '' : caller, ...of),
      }
      return { breaker: createBreaker(), flights }
    },
    events: (usual): Events => {
      const of = (organizationId: string) => (missing.eventFilter ? everybody : organizationId)
      return {
        ...usual,
        publish: (organizationId, ...event) => usual.publish(of(organizationId), ...event),
        subscribe: (organizationId, ...names) => usual.subscribe(of(organizationId), ...names),
      }
    },
  }
}

/** Attacks each mutant of a house that lacks nothing, with the attacks that are for what it lacks. */
export async function attackMutants(scratch: Scratch, missing: Missing): Promise<Tested[]> {
  const tested: Tested[] = []
  for (const { name, names, on, off, attack } of mutants) {
    const ledger = createLedger()
    // What the victim did in the attack before has ended its sessions.
    scratch.owner = await scratch.as('api', scratch.victim)
    await on(scratch, missing)
    await attack(scratch, ledger).finally(() => off(scratch, missing))
    const { findings } = ledger
    const first = findings.find(names) ?? null
    tested.push({
      mutant: name,
      exitCode: findings.length > 0 ? 1 : 0,
      found: first !== null,
      findings: findings.length,
      first: first && `${first.kind}, ${first.name}: ${first.attack}`,
    })
  }
  return tested
}
