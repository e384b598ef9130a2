import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { invalid, NexusError, notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import type { ListSpec } from '#kit/page.ts'
import type { Severity } from '#kit/severity.ts'
import { sameVersion } from '#kit/version.ts'
import { incidentMoves } from '../rules/incident.ts'
import type { AlertRow, IncidentRow, IncidentStatus, Tables } from '../tables.ts'
import { lock, write } from './transition.ts'

export const spec: ListSpec<IncidentRow> = {
  table: 'incidents',
  filter: {
    severity: { kind: 'enum', column: 'severity' },
    status: { kind: 'enum', column: 'status' },
    assigneeId: { kind: 'id', column: 'assigneeId' },
    createdAt: { kind: 'time', column: 'createdAt' },
  },
  order: {
    CREATED_AT: { column: 'createdAt', type: 'time' },
    UPDATED_AT: { column: 'updatedAt', type: 'time' },
    SEVERITY: { column: 'severityRank', type: 'number' },
  },
  defaultOrder: { field: 'CREATED_AT', direction: 'desc' },
}

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<IncidentRow[]> =>
  db.selectFrom('incidents').selectAll().where('id', 'in', ids).execute()

export type Who = { organizationId: string; by: string; at: Date }
/** The alerts that somebody named, and the assets that they were let pass for. */
export type Named = readonly Pick<AlertRow, 'id' | 'assetId'>[]

const longest = 500

function mustBeTitle(title: string): string {
  if (title.trim() === '' || title.length > longest) throw invalid('title', `1 to ${longest} characters`)
  return title
}

/** One for a change. Throws NOT_FOUND, CONFLICT, and ILLEGAL_TRANSITION for one that is closed. */
async function lockIncident(trx: Trx<Tables>, id: string, expected?: number | null): Promise<IncidentRow> {
  const rows = trx.selectFrom('incidents').selectAll().where('id', '=', id).forUpdate()
  const incident = isId(id) ? await rows.executeTakeFirst() : undefined
  if (!incident) throw notFound('Incident')
  sameVersion(incident, expected)
  if (incident.status === 'closed') throw new NexusError('ILLEGAL_TRANSITION', 'This incident is closed')
  return incident
}

/** Alerts for a change. Throws NOT_FOUND, and CONFLICT for those that are about other assets by now. */
async function lockAll(trx: Trx<Tables>, named: Named, at: Date): Promise<AlertRow[]> {
  const alerts = await lock(
    trx,
    named.map(({ id }) => id),
    at,
  )
  const assets = new Map(named.map(({ id, assetId }) => [id, assetId]))
  if (alerts.length < assets.size) throw notFound('Alert')
  if (alerts.some(({ id, assetId }) => assets.get(id) !== assetId))
    throw new NexusError('CONFLICT', 'It has changed meanwhile; read it again')
  return alerts
}

/** Puts alerts into an incident. Throws CONFLICT for those that are in another one. */
async function put(trx: Trx<Tables>, incidentId: string, named: Named, { by, at }: Who): Promise<string[]> {
  const alerts = await lockAll(trx, named, at)
  if (alerts.some((each) => each.incidentId !== null && each.incidentId !== incidentId))
    throw new NexusError('CONFLICT', 'An alert is in one incident at a time: detach it from the other first')
  if (alerts.some((each) => each.status === 'archived'))
    throw new NexusError('ILLEGAL_TRANSITION', 'An alert that is archived is read only')
  const moved = alerts.filter((each) => each.incidentId === null)
  for (const alert of moved) await write(trx, alert, { incidentId }, { by, at })
  return moved.map(({ id }) => id)
}

export type NewIncident = { title: string; severity: Severity; assigneeId: string | null }
export type Changed = { incident: IncidentRow; alertIds: string[] }

/** Throws VALIDATION_ERROR, NOT_FOUND and CONFLICT. */
export async function create(
  trx: Trx<Tables>,
  who: Who,
  { title, severity, assigneeId }: NewIncident,
  named: Named,
): Promise<Changed> {
  const { organizationId, by, at } = who
  const incident = await trx
    .insertInto('incidents')
    .values({
      ...{ id: newId(), organizationId, title: mustBeTitle(title), severity, assigneeId, createdBy: by },
      ...{ createdAt: at, updatedAt: at, resolvedAt: null, closedAt: null },
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  const alertIds = await put(trx, incident.id, named, who)
  note({ type: 'Incident', id: incident.id, before: null, after: { ...incident, alertIds } })
  return { incident, alertIds }
}

const touch = (trx: Trx<Tables>, { id }: IncidentRow, change: object, at: Date): Promise<IncidentRow> =>
  trx
    .updateTable('incidents')
    .set((eb) => ({ ...change, updatedAt: at, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()

export type Update = {
  id: string
  title?: string | null | undefined
  severity?: Severity | null | undefined
  status?: IncidentStatus | null | undefined
  /** Null takes it from whoever has it. */
  assigneeId?: string | null | undefined
  expectedVersion?: number | null | undefined
}

/** Changes what is said of an incident; what is left out stays. Throws as above, and ILLEGAL_TRANSITION. */
export async function update(trx: Trx<Tables>, { at }: Who, given: Update): Promise<IncidentRow> {
  const { id, title, severity, status, assigneeId, expectedVersion } = given
  const before = await lockIncident(trx, id, expectedVersion)
  if (status && status !== before.status && !incidentMoves[before.status].includes(status))
    throw new NexusError('ILLEGAL_TRANSITION', `An incident that is ${before.status} cannot become ${status}`)
  const change = {
    ...(title != null && { title: mustBeTitle(title) }),
    ...(severity && { severity }),
    ...(assigneeId !== undefined && { assigneeId }),
    ...(status && {
      status,
      resolvedAt: status === 'resolved' ? at : status === 'closed' ? before.resolvedAt : null,
      closedAt: status === 'closed' ? at : null,
    }),
  }
  const after = await touch(trx, before, change, at)
  note({ type: 'Incident', id, before, after })
  return after
}

/** Throws NOT_FOUND, CONFLICT, and ILLEGAL_TRANSITION for an incident that is closed. */
export async function attach(trx: Trx<Tables>, who: Who, id: string, named: Named): Promise<Changed> {
  const before = await lockIncident(trx, id)
  const alertIds = await put(trx, id, named, who)
  const incident = await touch(trx, before, {}, who.at)
  note({ type: 'Incident', id, before: { alertIds: [] }, after: { alertIds } })
  return { incident, alertIds }
}

/** The same the other way; when they were in it stays in their history. */
export async function detach(trx: Trx<Tables>, who: Who, id: string, named: Named): Promise<Changed> {
  const before = await lockIncident(trx, id)
  const alerts = await lockAll(trx, named, who.at)
  const inside = alerts.filter((each) => each.incidentId === id)
  for (const alert of inside) await write(trx, alert, { incidentId: null }, who)
  const alertIds = inside.map((each) => each.id)
  const incident = await touch(trx, before, {}, who.at)
  note({ type: 'Incident', id, before: { alertIds }, after: { alertIds: [] } })
  return { incident, alertIds }
}
