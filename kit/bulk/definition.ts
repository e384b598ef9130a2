/** One change of many rows: each under its own guard, all in one transaction, and taken back for a while. */
import type { QueryExecutorProvider } from 'kysely'
import type { Context } from '../context.ts'
import type { Trx } from '../database.ts'
import type { ErrorCode } from '../errors.ts'
import type { Permission } from '../viewer.ts'

/** More than `atOnce` are changed by a job; a batch is undone within `undoMs` milliseconds. */
export const bulkLimits = { most: 10_000, atOnce: 500, shown: 500, undoMs: 15 * 60_000 }

export const bulkOutcomes = ['changed', 'unchanged', 'refused'] as const
export type BulkOutcome = (typeof bulkOutcomes)[number]
export type BulkItem = { id: string; outcome: BulkOutcome; code: string | null; message: string | null }
export type BulkResult = {
  batchId: string | null
  dryRun: boolean
  matched: number
  changed: number
  refused: number
  /** The first of them; refusals before the others. */
  items: BulkItem[]
  operationId: string | null
}

/** A row of the noun, as far as its change has to know it. */
export type BulkRow = { id: string; version: number; assetId: string | null }
export type Who = { by: string; at: Date }
export type Refusal = { code: ErrorCode; message: string; field?: string | undefined }
export type Judged<Of> = { after: Of } | { refusal: Refusal } | { unchanged: true }
/** What a batch was asked to do; `note` is why. */
export type Noted<Patch> = Patch & { note?: string | null | undefined }
/** Rows as they were, and as they are by it, in the same order. */
export type Changed<Of> = { before: readonly Of[]; after: readonly Of[] }
export type Done<Of> = { items: BulkItem[]; before: Of[]; after: Of[] }

/** How one noun is changed in bulk. */
export type Bulk<Tables, Of extends BulkRow, Patch> = {
  /** What the journal calls a batch of it. */
  type: string
  /** Its jobs are `bulk-update-<many>` and `undo-bulk-update-<many>`. */
  many: string
  permission: Permission
  /** The columns that a patch may change, all of them, and what else an undo sets back. */
  columns: readonly (keyof Of & string)[]
  /** Those of the ids that are there, in their order, locked, as they are now. */
  lock(trx: Trx<Tables>, ids: readonly string[], at: Date): Promise<Of[]>
  /** The assets that they are about. */
  assets(trx: QueryExecutorProvider, ids: readonly string[]): Promise<ReadonlyMap<string, string | null>>
  /** Also of a patch that was kept as JSON meanwhile: times are texts then. */
  judge(row: Of, patch: Noted<Patch>, who: Who): Judged<Of>
  /** Writes rows as they are given, each at its next version. */
  write(trx: Trx<Tables>, rows: readonly Of[], who: Who): Promise<void>
  /** The same for rows as they were before; `write` where that is all. */
  restore?(trx: Trx<Tables>, rows: readonly Of[], who: Who): Promise<void>
  /** Whether the viewer may do all that a patch says. Throws FORBIDDEN. */
  mayPatch?(context: Context<Tables>, patch: Patch): Promise<void>
  /** Around what is written, which has no effect where this throws; a trial goes through it too. */
  around?(
    context: Context<Tables>,
    trx: Trx<Tables>,
    ids: readonly string[],
    write: () => Promise<void>,
  ): Promise<void>
  /** What has to follow, asked for once, in the same transaction. */
  follow?(context: Context<Tables>, trx: Trx<Tables>, done: Changed<Of> & { batchId: string }): Promise<void>
  /** Tells others, once it is committed; no patch is an undo. */
  tell?(
    context: Pick<Context<Tables>, 'events' | 'viewer'>,
    changed: Changed<Of>,
    patch: Patch | null,
  ): Promise<void>
}
