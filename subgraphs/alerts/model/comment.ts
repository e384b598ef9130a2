import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { forbidden, invalid, NexusError, notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import { sameVersion } from '#kit/version.ts'
import type { CommentRow, Tables } from '../tables.ts'

export const spec: ListSpec<CommentRow> = {
  table: 'comments',
  filter: { createdAt: { kind: 'time', column: 'createdAt' } },
  order: { CREATED_AT: { column: 'createdAt', type: 'time' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'asc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<CommentRow[]> =>
  db.selectFrom('comments').selectAll().where('id', 'in', ids).execute()

type Who = { organizationId: string; by: string; at: Date }
const longest = 10_000

function mustSay(body: string): string {
  if (body.trim() === '' || body.length > longest) throw invalid('body', `1 to ${longest} characters`)
  return body
}

/** Throws VALIDATION_ERROR. */
export async function add(
  trx: Trx<Tables>,
  { organizationId, by, at }: Who,
  alertId: string,
  body: string,
): Promise<CommentRow> {
  const comment = await trx
    .insertInto('comments')
    .values({
      ...{ id: newId(), organizationId, alertId, authorId: by, body: mustSay(body), createdAt: at },
      ...{ editedAt: null, removedAt: null, removedBy: null },
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Comment', id: comment.id, before: null, after: comment })
  return comment
}

/** One that is there, for a change. Throws NOT_FOUND. */
async function lock(trx: Trx<Tables>, id: string): Promise<CommentRow> {
  const rows = trx.selectFrom('comments').selectAll().where('id', '=', id).forUpdate()
  const comment = isId(id) ? await rows.executeTakeFirst() : undefined
  if (!comment) throw notFound('Comment')
  if (comment.removedAt) throw new NexusError('ILLEGAL_TRANSITION', 'This comment is removed')
  return comment
}

export type Change = Partial<Pick<CommentRow, 'body' | 'editedAt' | 'removedAt' | 'removedBy'>>

async function write(trx: Trx<Tables>, before: CommentRow, change: Change): Promise<CommentRow> {
  const after = await trx
    .updateTable('comments')
    .set((eb) => ({ ...change, version: eb('version', '+', 1) }))
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Comment', id: before.id, before, after })
  return after
}

/** Says it in other words. Throws NOT_FOUND, FORBIDDEN for who did not write it, CONFLICT, and VALIDATION_ERROR. */
export async function edit(
  trx: Trx<Tables>,
  { by, at }: Who,
  { id, body, expectedVersion }: { id: string; body: string; expectedVersion?: number | null | undefined },
): Promise<CommentRow> {
  const before = await lock(trx, id)
  if (before.authorId !== by) throw forbidden('Only who wrote a comment may change it')
  sameVersion(before, expectedVersion)
  return write(trx, before, { body: mustSay(body), editedAt: at })
}

/** Leaves of a comment that there was one. Throws NOT_FOUND, and FORBIDDEN for who neither wrote it nor manages members. */
export async function remove(
  trx: Trx<Tables>,
  { by, at }: Who,
  id: string,
  manages: boolean,
): Promise<CommentRow> {
  const before = await lock(trx, id)
  if (before.authorId !== by && !manages)
    throw forbidden('Only who wrote a comment, or manages members, may remove it')
  return write(trx, before, { removedAt: at, removedBy: by })
}
