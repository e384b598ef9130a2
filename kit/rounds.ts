/** Work that time alone asks for: again and again, in each organization in turn, in the name of nobody. */
import { setTimeout as pause } from 'node:timers/promises'
import { type QueryExecutorProvider, sql } from 'kysely'
import { type Context, createContext, type Surroundings } from './context.ts'
import type { Db } from './database.ts'
import { newId } from './id.ts'
import type { Queue } from './queue.ts'
import type { Member } from './viewer.ts'

/**
 * What a subgraph does in its rounds. Several workers may be at it at a time: what may happen once is claimed by a row
 * with a unique key, in the transaction that does it.
 */
export type Rounds<Tables> = {
  /** The organizations that may have something to do. */
  organizations(db: Db<Tables>): Promise<readonly string[]>
  /** By their names, one after the other; one that fails is tried again in the next round, and holds up no other. */
  works: Readonly<Record<string, (context: Context<Tables>, signal: AbortSignal) => Promise<void>>>
}

/** The organizations that have anything here, as `organizations()` of the schema tells them. */
export async function organizations(db: QueryExecutorProvider): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select id from organizations() as known (id)`.execute(db)
  return rows.map(({ id }) => id)
}

/** How long lies between two rounds, in milliseconds. */
const betweenMs = 15_000
/** What a new house has to do first, it does soon. */
const firstMs = 2_000

const nobody = '00000000-0000-0000-0000-000000000000'

/** Who sees one organization, and may nothing there that asks for a permission. */
const within = (organizationId: string): Member => ({
  ...{ kind: 'member', accountId: nobody, userId: nobody, role: 'api', permissions: [] },
  organizationId,
})

export type Rounding = {
  /** One round from now on, after the one that is under way; throws what went wrong first. */
  go(): Promise<void>
  close(): Promise<void>
}

/**
 * Goes the rounds of a subgraph until it is closed.
 * @param byClock false where somebody else says when: tests do
 */
export function openRounds<Tables>(
  subgraph: string,
  rounds: Rounds<Tables>,
  {
    db,
    queue,
    surroundings,
    byClock,
  }: { db: Db<Tables>; queue: Queue<Tables>; surroundings: Surroundings; byClock: boolean },
): Rounding {
  const { log } = surroundings
  const stopping = new AbortController()
  const { signal } = stopping
  const round = async (): Promise<unknown[]> => {
    const failures: unknown[] = []
    for (const organizationId of await rounds.organizations(db))
      for (const [work, run] of Object.entries(rounds.works)) {
        if (signal.aborted) return failures
        const caller = { viewer: within(organizationId), service: subgraph }
        const asked = { requestId: newId(), client: null }
        try {
          await run(createContext(surroundings, db, caller, asked, queue), signal)
        } catch (error) {
          failures.push(error)
          log.warn({ err: error, subgraph, work, organizationId }, 'a round is held up')
        }
      }
    return failures
  }
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = (): Promise<unknown[]> => {
    const next = turn.then(round, round)
    turn = next.catch(() => {})
    return next
  }
  const goOn = async () => {
    for (let ms = firstMs; ; ms = betweenMs) {
      await pause(ms, null, { signal }).catch(() => {})
      if (signal.aborted) return
      await inTurn().catch((error: unknown) => log.warn({ err: error, subgraph }, 'the rounds are held up'))
    }
  }
  const going = byClock ? goOn() : Promise.resolve()
  return {
    async go() {
      const [failure] = await inTurn()
      if (failure) throw failure
    },
    async close() {
      stopping.abort()
      await going
      await turn
    },
  }
}
