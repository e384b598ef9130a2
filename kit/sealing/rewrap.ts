import { inTenant, openDatabase } from '../database.ts'
import type { Log } from '../log.ts'
import { Unsealable } from './cipher.ts'
import * as keyring from './keyring.ts'
import { keyringSchema } from './keyring.ts'
import type { MasterKey } from './master.ts'

export type Rewrapped = {
  /** How many data keys were under another master key. */
  total: number
  done: number
  /** Those that no given master key opens. */
  closed: Pick<keyring.DataKeyRow, 'organizationId' | 'version' | 'master'>[]
}

/**
 * Puts the data keys of all organizations under the present master key, so that the others may be dropped; what they
 * have sealed stays as it is. Throws SERVICE_UNAVAILABLE when the keeper of a master key does not answer: what is
 * done is done, and the next run goes on.
 * @param options.databaseUrl as the owner of the schemas
 * @param options.all also those that the present master key wraps: for keepers with versions of one key
 * @param options.progress is told how many are done
 */
export async function rewrapKeys(options: {
  databaseUrl: string
  master: MasterKey
  log: Log
  all?: boolean
  progress?: (done: number, total: number) => void
}): Promise<Rewrapped> {
  const { databaseUrl: url, master, log, all = false, progress = () => {} } = options
  const db = openDatabase<never>({ url, schema: keyringSchema, log, connections: 1 })
  try {
    const rows = await keyring.wrappedByOthers(db, all ? '' : await master.id())
    const answer: Rewrapped = { total: rows.length, done: 0, closed: [] }
    for (const row of rows) {
      const { organizationId, version, master: by } = row
      try {
        const anew = await master.wrap(await master.unwrap(row, row), row)
        await inTenant(db, { organizationId }, (trx) => keyring.rewrap(trx, row, anew))
        answer.done += 1
      } catch (error) {
        if (!(error instanceof Unsealable)) throw error
        answer.closed.push({ organizationId, version, master: by })
      }
      progress(answer.done, answer.total)
    }
    return answer
  } finally {
    await db.destroy()
  }
}

/** What an outcome is in words. */
export function toldOf({ total, done, closed }: Rewrapped): string {
  const lines = closed.map(
    ({ organizationId, version, master }) => `  ${organizationId} version ${version}, by ${master}`,
  )
  const head = `${done} of ${total} data keys are under the present master key now`
  return lines.length > 0 ? [`${head}; no given master key opens`, ...lines].join('\n') : head
}
