import type { Updateable } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Trx } from '#kit/database.ts'
import { invalid, NexusError, notFound } from '#kit/errors.ts'
import { isId, newId } from '#kit/id.ts'
import { sameVersion } from '#kit/version.ts'
import { changesRisk, isNamed, mostMetadata } from '../rules.ts'
import type { AssetRow, AssetType, Tables } from '../tables.ts'

/** Asks in the same transaction that the score of an asset be found anew. */
export type Rescore = (trx: Trx<Tables>, assetId: string) => Promise<unknown>
/** When, and what has to follow. */
export type Doing = { at: Date; rescore: Rescore }

type Cared = 'environment' | 'criticality' | 'exposure' | 'dataClassification'
/** What is left out stays as it is, and null is nothing. */
export type Given = { [Name in Cared]?: AssetRow[Name] | null | undefined } & {
  name?: string | null | undefined
  externalId?: string | null | undefined
  ownerUserId?: string | null | undefined
  ownerTeamId?: string | null | undefined
  metadata?: unknown
}

function named(name: string | null, field: string): string {
  const text = name?.trim() ?? ''
  if (!isNamed(text)) throw invalid(field, 'Must have 1 to 255 characters, and no control characters')
  return text
}

function metadataOf(value: unknown): Record<string, unknown> {
  if (value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('metadata', 'Must be an object')
  if (Buffer.byteLength(JSON.stringify(value)) > mostMetadata)
    throw invalid('metadata', `At most ${mostMetadata} bytes`)
  return value as Record<string, unknown>
}

/** The columns that are given. Throws VALIDATION_ERROR. */
function columnsOf(given: Given): Updateable<Tables['assets']> {
  const columns: Updateable<Tables['assets']> = {}
  for (const name of ['ownerUserId', 'ownerTeamId'] as const)
    if (given[name] !== undefined) columns[name] = given[name]
  if (given.name !== undefined) columns.name = named(given.name, 'name')
  if (given.externalId !== undefined)
    columns.externalId = given.externalId === null ? null : named(given.externalId, 'externalId')
  if (given.metadata !== undefined) columns.metadata = JSON.stringify(metadataOf(given.metadata)) as never
  for (const name of ['environment', 'criticality', 'exposure', 'dataClassification'] as const)
    if (given[name] !== undefined) columns[name] = (given[name] ?? 'unknown') as never
  return columns
}

/** Adds an asset that somebody knows of, and no source. Throws VALIDATION_ERROR. */
export async function create(
  trx: Trx<Tables>,
  organizationId: string,
  { type, ...given }: Given & { type: AssetType },
  { at, rescore }: Doing,
): Promise<AssetRow> {
  const times = { firstSeenAt: at, lastSeenAt: at, createdAt: at, updatedAt: at }
  const columns = columnsOf({ ...given, name: given.name ?? null })
  const added = await trx
    .insertInto('assets')
    .values({
      ...columns,
      name: columns.name as string,
      id: newId(),
      organizationId,
      type,
      isManual: true,
      ...times,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Asset', id: added.id, before: null, after: added })
  await rescore(trx, added.id)
  return added
}

/** The row of a change, locked. Throws NOT_FOUND and CONFLICT. */
export async function locked(
  trx: Trx<Tables>,
  id: string,
  expectedVersion: number | null | undefined,
): Promise<AssetRow> {
  if (!isId(id)) throw notFound('Asset')
  const asset = await trx.selectFrom('assets').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!asset) throw notFound('Asset')
  sameVersion(asset, expectedVersion)
  if (asset.mergedInto) throw illegal('What an asset is merged into answers for it: change that one')
  return asset
}

/** Writes a change by somebody, and has the score found anew where it matters. */
export async function write(
  trx: Trx<Tables>,
  before: AssetRow,
  columns: Updateable<Tables['assets']>,
  { at, rescore }: Doing,
): Promise<AssetRow> {
  const after = await trx
    .updateTable('assets')
    .set((eb) => ({ ...columns, updatedAt: at, version: eb('version', '+', 1) }))
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'Asset', id: before.id, before, after })
  if (changesRisk(before, after)) await rescore(trx, before.id)
  return after
}

export type Update = Given & { id: string; expectedVersion?: number | null | undefined }

/** Throws NOT_FOUND, CONFLICT and VALIDATION_ERROR. */
export async function update(trx: Trx<Tables>, change: Update, doing: Doing): Promise<AssetRow> {
  const columns = columnsOf(change)
  const before = await locked(trx, change.id, change.expectedVersion)
  return Object.keys(columns).length > 0 ? write(trx, before, columns, doing) : before
}

type Named = { id: string; expectedVersion?: number | null | undefined }

const illegal = (what: string) => new NexusError('ILLEGAL_TRANSITION', what)

/** Says that an asset is gone; what hangs on it stays. Throws NOT_FOUND, CONFLICT and ILLEGAL_TRANSITION. */
export async function retire(
  trx: Trx<Tables>,
  { id, expectedVersion }: Named,
  doing: Doing,
): Promise<AssetRow> {
  const before = await locked(trx, id, expectedVersion)
  if (before.lifecycle === 'retired') throw illegal('An asset that is retired cannot be retired again')
  return write(trx, before, { lifecycle: 'retired', retiredAt: doing.at }, doing)
}

/** Takes back that an asset is gone. Throws NOT_FOUND, CONFLICT and ILLEGAL_TRANSITION. */
export async function revive(
  trx: Trx<Tables>,
  { id, expectedVersion }: Named,
  doing: Doing,
): Promise<AssetRow> {
  const before = await locked(trx, id, expectedVersion)
  if (before.lifecycle !== 'retired') throw illegal('Only an asset that is retired can be revived')
  return write(trx, before, { lifecycle: 'active', retiredAt: null }, doing)
}
