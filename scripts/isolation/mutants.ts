/** Houses with one wall missing: what verifies them must say which. */
import type { Events } from '#kit/events.ts'
import { createBreaker } from '../../gateway/federation/calls/breaker.ts'
import { createFlights } from '../../gateway/federation/calls/flights.ts'
import { attackCaches } from './caches.ts'
import { attackQueries, openGraph } from './graph.ts'
import type { Watch } from './keys.ts'
import { createLedger, type Finding, type Ledger } from './ledger.ts'
import { attackLive } from './live.ts'
import type { Scratch, ScratchOptions } from './scratch.ts'
import { attackTables } from './tables.ts'
import { inScratch, readSchema } from './verify.ts'

/** What is missing in a house that can be changed while it runs. */
type Missing = { cacheKey: boolean; eventFilter: boolean }
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
    attack: attackCaches,
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
function parts(missing: Missing): NonNullable<ScratchOptions['parts']> {
  return {
    calls: () => {
      const { share, close } = createFlights<never>()
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
        subscribe: (organizationId, name) => usual.subscribe(of(organizationId), name),
      }
    },
  }
}

/** Attacks a house that lacks nothing, then each mutant, with the attacks that are for what it lacks. */
export async function selfTest(): Promise<Tested[]> {
  const missing: Missing = { cacheKey: false, eventFilter: false }
  return inScratch({ parts: parts(missing) }, async (scratch: Scratch, _watch: Watch) => {
    const test = async (
      mutant: string,
      attacks: readonly Attack[],
      names: Mutant['names'] | null,
    ): Promise<Tested> => {
      const ledger = createLedger()
      for (const attack of attacks) {
        // What the victim did in the attack before has ended its sessions.
        scratch.owner = await scratch.as('api', scratch.victim)
        await attack(scratch, ledger)
      }
      const { findings } = ledger
      const first = (names ? findings.find(names) : findings[0]) ?? null
      return {
        mutant,
        exitCode: findings.length > 0 ? 1 : 0,
        found: names ? first !== null : findings.length === 0,
        findings: findings.length,
        first: first && `${first.kind}, ${first.name}: ${first.attack}`,
      }
    }
    const tested = [await test('nothing is missing', [...new Set(mutants.map(({ attack }) => attack))], null)]
    for (const { name, names, on, off, attack } of mutants) {
      await on(scratch, missing)
      tested.push(await test(name, [attack], names))
      await off(scratch, missing)
    }
    return tested
  })
}
