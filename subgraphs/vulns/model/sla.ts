import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Db, Trx } from '#kit/database.ts'
import { invalid } from '#kit/errors.ts'
import { sameVersion } from '#kit/version.ts'
import { type SlaDays, usualSla } from '../rules-sla.ts'
import type { SlaPolicyRow, Tables } from '../tables.ts'
import type { By } from './triage.ts'

export type SlaPolicy = SlaDays & { version: number; createdBy: string | null; createdAt: Date | null }

/** What holds now; version 0 is what holds until somebody says otherwise. */
export async function current(db: Db<Tables>): Promise<SlaPolicy> {
  const row = await db
    .selectFrom('slaPolicies')
    .selectAll()
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? { ...usualSla, version: 0, createdBy: null, createdAt: null }
}

export type NewSla = Partial<{ [Name in keyof SlaDays]: SlaDays[Name] | null }>
const limits = { epssThreshold: [0, 1], restartAfterDays: [0, 3_650] } as Record<string, [number, number]>
const neverNull = ['kevDays', 'epssThreshold', 'restartAfterDays']

/**
 * Writes the next version of the policy: what is left out stays, null is no limit. Throws CONFLICT and
 * VALIDATION_ERROR.
 */
export async function set(
  trx: Trx<Tables>,
  organizationId: string,
  { expectedVersion, ...given }: NewSla & { expectedVersion?: number | null | undefined },
  { userId, at }: By,
): Promise<SlaPolicyRow> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${organizationId}/sla`}, 0))`.execute(trx)
  const before = await current(trx)
  sameVersion(before, expectedVersion)
  const changed = Object.entries(given).filter(([, value]) => value !== undefined)
  for (const [name, value] of changed) {
    if (value === null && neverNull.includes(name)) throw invalid(name, 'May not be without a value')
    const [least, most] = limits[name] ?? [1, 3_650]
    if (value !== null && (value! < least || value! > most))
      throw invalid(name, `Must be between ${least} and ${most}`)
  }
  const { version, createdBy: _by, createdAt: _at, ...days } = before
  const next = { ...days, ...Object.fromEntries(changed) } as SlaDays
  const after = await trx
    .insertInto('slaPolicies')
    .values({ ...next, organizationId, version: version + 1, createdBy: userId, createdAt: at })
    .returningAll()
    .executeTakeFirstOrThrow()
  note({ type: 'SlaPolicy', id: organizationId, before: version === 0 ? null : before, after })
  return after
}
