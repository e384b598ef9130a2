/** Alerts that people raise, and what else they say of one. */
import { note } from '#kit/audit.ts'
import type { Trx } from '#kit/database.ts'
import { invalid, NexusError } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import { type Incoming, wrongIn } from '../rules/incoming.ts'
import type { By } from '../rules/lifecycle.ts'
import { priorityOf } from '../rules/recurrence.ts'
import { dues, inForce } from '../rules/sla.ts'
import type { AlertRow, Priority, Tables } from '../tables.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type Expecting, lockOne, type Named, write } from './transition.ts'

/** What a person is the source of. */
const byHand = 'manual'
const mostRelated = 100

export type Raised = Omit<Incoming, 'sourceRef' | 'ruleId' | 'metadata'> & {
  priority: Priority | null
  relatedVulnerabilityIds: readonly string[]
}

function mustBeIds(field: string, ids: readonly string[]): string[] {
  if (ids.length > mostRelated) throw invalid(field, `At most ${mostRelated}`)
  if (!ids.every(isId)) throw invalid(field, 'Must be ids of findings')
  return [...new Set(ids)]
}

/** Adds an alert that somebody raises. Throws VALIDATION_ERROR. */
export async function create(
  trx: Trx<Tables>,
  organizationId: string,
  raised: Raised,
  { by, at }: By & { by: string },
): Promise<AlertRow> {
  const id = newId()
  const { priority, relatedVulnerabilityIds, ...told } = raised
  const incoming = { ...told, sourceRef: id, ruleId: null, metadata: {} }
  const wrong = wrongIn(byHand, incoming, isId)
  if (wrong) throw invalid(wrong.field, wrong.message)
  const row = { ...incoming, ...dues(told.severity, at), status: 'open' as const, acknowledgedAt: null }
  const alert = await trx
    .insertInto('alerts')
    .values({
      ...row,
      ...inForce(row),
      ...{ id, organizationId, source: byHand },
      metadata: '{}' as never,
      fingerprint: fingerprintOf({ ...incoming, source: byHand }),
      priority: priority ?? priorityOf(told.severity),
      relatedVulnerabilityIds: mustBeIds('relatedVulnerabilityIds', relatedVulnerabilityIds),
      ...{ firstSeenAt: at, lastSeenAt: at, createdAt: at, updatedAt: at, updatedBy: by },
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Alert', id, before: null, after: alert })
  return alert
}

export type Update = {
  priority?: Priority | null | undefined
  attacks?: string[] | null | undefined
  relatedVulnerabilityIds?: readonly string[] | null | undefined
}

/** Says something else of an alert; what is left out stays. Throws as `lockOne` does, and VALIDATION_ERROR. */
export async function update(
  trx: Trx<Tables>,
  named: Named,
  { priority, attacks, relatedVulnerabilityIds }: Update,
  who: By,
  expecting: Expecting,
): Promise<AlertRow> {
  const before = await lockOne(trx, named, who.at, expecting)
  if (before.status === 'archived')
    throw new NexusError('ILLEGAL_TRANSITION', 'An alert that is archived is read only')
  const wrong = attacks && wrongIn('', { ...before, attacks }, isId)
  if (wrong) throw invalid(wrong.field, wrong.message)
  const after = await write(
    trx,
    before,
    {
      ...(priority && { priority }),
      ...(attacks && { attacks }),
      ...(relatedVulnerabilityIds && {
        relatedVulnerabilityIds: mustBeIds('relatedVulnerabilityIds', relatedVulnerabilityIds),
      }),
    },
    who,
  )
  note({ type: 'Alert', id: after.id, before, after })
  return after
}
