import { type QueryExecutorProvider, sql } from 'kysely'
import { NexusError, notFound } from './errors.ts'
import type { Migrations } from './migration.ts'
import { tenantPolicy } from './tenancy.ts'

/** The schema that all subgraphs share: what outlives a request is followed there, whoever does it. */
export const operationSchema = 'operations'
export const operationStatuses = ['queued', 'running', 'complete', 'failed', 'cancelled'] as const
export type OperationStatus = (typeof operationStatuses)[number]

export type OperationRow = {
  id: string
  organizationId: string
  /** The name of its job. */
  kind: string
  status: OperationStatus
  done: number
  /** Null while nobody knows. */
  total: number | null
  /** How often work on it has begun. */
  attempt: number
  /** Its work has come so far that it cannot be cancelled any more. */
  settling: boolean
  errorCode: string | null
  errorMessage: string | null
  requestedBy: string
  createdAt: Date
  startedAt: Date | null
  finishedAt: Date | null
  updatedAt: Date
}

export const operationMigrations: Migrations = {
  '0001-init': {
    async up(db) {
      await sql`
        create table operations.operations (
          id uuid not null,
          organization_id uuid not null,
          kind varchar(100) not null,
          status varchar(20) not null default 'queued'
            check (status in ('queued', 'running', 'complete', 'failed', 'cancelled')),
          done integer not null default 0,
          total integer,
          attempt integer not null default 0,
          error_code varchar(50),
          error_message text,
          requested_by uuid not null,
          created_at timestamptz(3) not null default now(),
          started_at timestamptz(3),
          finished_at timestamptz(3),
          updated_at timestamptz(3) not null default now(),
          primary key (organization_id, id),
          check ((status = 'failed') = (error_code is not null))
        );
        create index on operations.operations (organization_id, created_at, id);
      `.execute(db)
      await tenantPolicy(db, operationSchema, 'operations')
    },
  },
  '0002-settling': {
    async up(db) {
      await sql`alter table operations.operations add column settling boolean not null default false`.execute(
        db,
      )
    },
  },
}

type NewOperation = Pick<OperationRow, 'id' | 'organizationId' | 'kind' | 'requestedBy'>

/** Writes down that something was asked for, in the transaction that asks. */
export async function request(trx: QueryExecutorProvider, of: NewOperation): Promise<void> {
  await sql`insert into operations.operations (id, organization_id, kind, requested_by)
    values (${of.id}, ${of.organizationId}, ${of.kind}, ${of.requestedBy})`.execute(trx)
}

/** Work on an operation that has ended, or that a later attempt has taken up. Its result counts for nothing. */
export class Superseded extends Error {
  override name = 'Superseded'
}

async function changed(update: Promise<{ numAffectedRows?: bigint | undefined }>): Promise<void> {
  const { numAffectedRows } = await update
  if (!numAffectedRows) throw new Superseded('The operation has ended, or another worker has taken it up')
}

/** Begins an attempt, which ends the earlier ones. Throws Superseded. */
export const begin = (trx: QueryExecutorProvider, id: string, attempt: number): Promise<void> =>
  changed(
    sql`update operations.operations set status = 'running', attempt = ${attempt}, done = 0,
      started_at = coalesce(started_at, now()), updated_at = now()
      where id = ${id} and status in ('queued', 'running') and attempt < ${attempt}`.execute(trx),
  )

export type Progress = { done: number; total: number | null }

/** Says how far an attempt has come. Throws Superseded. */
export const advance = (
  trx: QueryExecutorProvider,
  id: string,
  attempt: number,
  { done, total }: Progress,
): Promise<void> =>
  changed(
    sql`update operations.operations set done = ${done}, total = ${total}, updated_at = now()
      where id = ${id} and status = 'running' and attempt = ${attempt}`.execute(trx),
  )

/**
 * Ends an operation well, in the transaction of its effect: of several attempts only one has any. Throws
 * Superseded.
 */
export const complete = (
  trx: QueryExecutorProvider,
  id: string,
  attempt: number,
  done: number,
): Promise<void> =>
  changed(
    sql`update operations.operations set status = 'complete', done = ${done}, total = ${done},
      finished_at = now(), updated_at = now()
      where id = ${id} and status = 'running' and attempt = ${attempt}`.execute(trx),
  )

/** From here on an operation cannot be cancelled: what its work does now, it does to the end. Throws Superseded. */
export const settle = (trx: QueryExecutorProvider, id: string, attempt: number): Promise<void> =>
  changed(
    sql`update operations.operations set settling = true, updated_at = now()
      where id = ${id} and status = 'running' and attempt = ${attempt}`.execute(trx),
  )

/** Ends an operation as its own attempt, which has found that it cannot be done. Throws Superseded. */
export const refuse = (
  trx: QueryExecutorProvider,
  id: string,
  attempt: number,
  { code, message }: { code: string; message: string },
): Promise<void> =>
  changed(
    sql`update operations.operations set status = 'failed', error_code = ${code}, error_message = ${message},
      finished_at = now(), updated_at = now()
      where id = ${id} and status = 'running' and attempt = ${attempt}`.execute(trx),
  )

/** Whether an attempt is still the one that counts. */
export async function isCurrent(trx: QueryExecutorProvider, id: string, attempt: number): Promise<boolean> {
  const { rows } = await sql`select 1 from operations.operations
    where id = ${id} and status = 'running' and attempt = ${attempt}`.execute(trx)
  return rows.length > 0
}

/**
 * Ends an operation because somebody wants it no more: what waits is not begun, and who works on it finds that it is
 * superseded. Answers the status that it had. Throws NOT_FOUND, and CONFLICT for one that has ended or is about to.
 */
export async function cancel(trx: QueryExecutorProvider, id: string): Promise<OperationStatus> {
  const { rows } = await sql<Pick<OperationRow, 'status' | 'settling'>>`
    select status, settling from operations.operations where id = ${id} for update`.execute(trx)
  const [row] = rows
  if (!row) throw notFound('Operation')
  if (row.status !== 'queued' && row.status !== 'running')
    throw new NexusError('CONFLICT', `The operation has ended: it is ${row.status.toUpperCase()}`)
  if (row.settling) throw new NexusError('CONFLICT', 'The operation is about to end, and cannot be cancelled')
  await sql`update operations.operations set status = 'cancelled', finished_at = now(), updated_at = now()
    where id = ${id}`.execute(trx)
  return row.status
}

/** Ends an operation that nobody will try again, and answers its kind; one that has ended stays as it is: null. */
export async function fail(
  trx: QueryExecutorProvider,
  id: string,
  code: string,
  message: string,
): Promise<string | null> {
  const { rows } = await sql<{
    kind: string
  }>`update operations.operations set status = 'failed', error_code = ${code},
    error_message = ${message}, finished_at = now(), updated_at = now()
    where id = ${id} and status in ('queued', 'running') returning kind`.execute(trx)
  return rows[0]?.kind ?? null
}
