/** What time brings about, told at least once: who claims it tells it, and who does not come to that is made good. */
import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'

export type Due = { id: string; dueAt: Date }
/** What was told of what has fallen due. */
export type ToldDue = {
  organizationId: string
  subjectId: string
  event: string
  dueAt: Date
  /** When somebody claimed it, and told it: who claimed and did not is made good. */
  toldAt: Date
  publishedAt: Date | null
}
type About = { organizationId: string; event: string; at: Date }

/** At once: the rest is for the next transaction. */
export const mostAtOnce = 500
/** How long who has claimed something may take to tell it, in milliseconds: then others do. */
const leaseMs = 60_000

/** Whether nobody has told a due of a row of `table` yet. */
export const untold = (event: string, table: string, due: RawBuilder<unknown>): RawBuilder<boolean> =>
  sql<boolean>`not exists (select 1 from told_dues t
    where t.subject_id = ${sql.ref(table)}.id and t.event = ${event} and t.due_at = ${due})`

/**
 * Claims what was claimed and not told for a minute, else what is due and was never claimed, in `told_dues` of the
 * subgraph. Whoever gets it back tells it, and then calls `dueTold`. A round that finds nothing writes nothing: what is
 * remembered of the organization's answers stays.
 * @param due rows of `id` and `due_at` that are due and not in `told_dues`
 */
export async function claimDues(
  trx: QueryExecutorProvider,
  { organizationId, event, at }: About,
  due: RawBuilder<unknown>,
): Promise<Due[]> {
  const late = new Date(at.getTime() - leaseMs)
  const { rows: left } = await sql<Due>`
    select subject_id as id, due_at from told_dues
    where event = ${event} and published_at is null and told_at <= ${late}
    order by told_at, subject_id limit ${mostAtOnce}`.execute(trx)
  if (left.length > 0) {
    const { rows: mine } = await sql<Due>`update told_dues t set told_at = ${at} from ${these(left)}
      where t.subject_id = d.id and t.event = ${event} and t.due_at = d.due_at and t.published_at is null
        and t.told_at <= ${late} returning t.subject_id as id, t.due_at`.execute(trx)
    if (mine.length > 0) return mine
  }
  const { rows: found } = await sql<Due>`select id, due_at from (${due}) as due limit ${mostAtOnce}`.execute(
    trx,
  )
  if (found.length === 0) return []
  const { rows } = await sql<Due>`
    insert into told_dues (organization_id, subject_id, event, due_at, told_at)
    select ${organizationId}::uuid, id, ${event}, due_at, ${at} from ${these(found)} order by id
    on conflict do nothing returning subject_id as id, due_at`.execute(trx)
  return rows
}

/** What was told is not told again. */
export async function dueTold(
  trx: QueryExecutorProvider,
  { event, at }: Pick<About, 'event' | 'at'>,
  dues: readonly Due[],
): Promise<void> {
  if (dues.length === 0) return
  await sql`update told_dues t set published_at = ${at} from ${these(dues)}
    where t.subject_id = d.id and t.event = ${event} and t.due_at = d.due_at`.execute(trx)
}

const these = (dues: readonly Due[]) =>
  sql`unnest(${dues.map(({ id }) => id)}::uuid[], ${dues.map(({ dueAt }) => dueAt)}::timestamptz[]) as d (id, due_at)`
