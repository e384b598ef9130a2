/** Judges each of many rows, and writes those that may be changed. */
import { sql } from 'kysely'
import type { Context } from '../context.ts'
import type { Trx } from '../database.ts'
import type { ErrorCode } from '../errors.ts'
import { isId } from '../id.ts'
import { may } from '../viewer.ts'
import type { Bulk, BulkItem, BulkOutcome, BulkResult, BulkRow, Done, Judged, Who } from './definition.ts'
import { bulkLimits } from './definition.ts'

const chunk = 1_000

type Asked<Tables, Of> = {
  ids: readonly string[]
  who: Who
  judge: (row: Of) => Judged<Of>
  write: (trx: Trx<Tables>, rows: readonly Of[], who: Who) => Promise<void>
  isTrial?: boolean
  /** Hears how many have been judged, and stops the work by throwing. */
  step?: (done: number) => Promise<void>
}

/**
 * Judges each of the ids, and writes those that may be changed unless it is a trial. Who holds the permission for some
 * assets alone changes what is about these.
 */
export async function change<Tables, Of extends BulkRow, Patch>(
  context: Context<Tables>,
  trx: Trx<Tables>,
  bulk: Bulk<Tables, Of, Patch>,
  { ids: given, who, judge, write, isTrial = false, step }: Asked<Tables, Of>,
): Promise<Done<Of>> {
  const ids = [...new Set(given.map((id) => id.toLowerCase()))].sort()
  const about = await bulk.assets(trx, ids.filter(isId))
  const assets = [...new Set([...about.values()].filter((id) => id !== null))]
  const permitted = await context.permittedAssets(bulk.permission, assets)
  const everywhere = may(context.viewer, bulk.permission)
  const done: Done<Of> = { items: [], before: [], after: [] }
  const refuse = (id: string, code: ErrorCode, message: string) =>
    done.items.push({ id, outcome: 'refused', code, message })
  for (let from = 0; from < ids.length; from += chunk) {
    const some = ids.slice(from, from + chunk)
    const rows = new Map((await bulk.lock(trx, some.filter(isId), who.at)).map((row) => [row.id, row]))
    const after: Of[] = []
    for (const id of some) {
      const row = rows.get(id)
      if (!row || !about.has(id)) refuse(id, 'NOT_FOUND', 'It is not there')
      else if (row.assetId !== about.get(id))
        refuse(id, 'CONFLICT', 'It has changed meanwhile; read it again')
      else if (row.assetId === null ? !everywhere : !permitted.has(row.assetId))
        refuse(id, 'FORBIDDEN', `This needs the permission ${bulk.permission}`)
      else {
        const judged = judge(row)
        if ('refusal' in judged) refuse(id, judged.refusal.code, judged.refusal.message)
        else if ('unchanged' in judged)
          done.items.push({ id, outcome: 'unchanged', code: null, message: null })
        else {
          done.items.push({ id, outcome: 'changed', code: null, message: null })
          done.before.push(row)
          after.push(judged.after)
        }
      }
    }
    if (after.length > 0) await writing(context, trx, bulk, after, isTrial, () => write(trx, after, who))
    done.after.push(...after)
    await step?.(Math.min(from + chunk, ids.length))
  }
  return done
}

async function writing<Tables, Of extends BulkRow, Patch>(
  context: Context<Tables>,
  trx: Trx<Tables>,
  { around }: Bulk<Tables, Of, Patch>,
  rows: readonly Of[],
  isTrial: boolean,
  write: () => Promise<void>,
): Promise<void> {
  if (!around) return isTrial ? undefined : write()
  const ids = rows.map(({ id }) => id)
  if (!isTrial) return around(context, trx, ids, write)
  await sql`savepoint trial`.execute(trx)
  try {
    await around(context, trx, ids, write)
  } finally {
    await sql`rollback to savepoint trial`.execute(trx)
  }
}

const counted = (items: readonly BulkItem[], outcome: BulkOutcome) =>
  items.filter((item) => item.outcome === outcome).length

/** What is told of many: those that were refused first. */
export function toldOf(items: readonly BulkItem[]): Pick<BulkResult, 'changed' | 'refused' | 'items'> {
  const first = items.filter(({ outcome }) => outcome === 'refused')
  const rest = items.filter(({ outcome }) => outcome !== 'refused')
  return {
    changed: counted(items, 'changed'),
    refused: counted(items, 'refused'),
    items: [...first, ...rest].slice(0, bulkLimits.shown),
  }
}
