/** Somebody says that names of a finding are of another weakness. */
import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Trx } from '#kit/database.ts'
import { invalid, NexusError, notFound } from '#kit/errors.ts'
import { isId } from '#kit/id.ts'
import { sameVersion } from '#kit/version.ts'
import type { Tables, VulnerabilityRow } from '../tables.ts'
import { changingNames, groupsOf } from './alias.ts'
import type { Parted } from './apart.ts'
import { regroupNames } from './names.ts'
import * as statements from './statement.ts'
import { lock } from './triage.ts'

export type Split = {
  organizationId: string
  id: string
  /** Of a finding that is part of another one, its own name unless said. */
  aliases: readonly string[] | null
  reason: string
  expectedVersion?: number | null | undefined
}
export type SplitApart = { vulnerability: VulnerabilityRow; parted: Parted[] }

/** What one weakness is called by is looked through by hand. */
const mostNames = 50
const longestReason = 2_000

/**
 * Takes names out of the weakness of a finding. They are of another one from then on, for all findings of the
 * organization, whatever scans go on to say: what was one by these names comes apart, here and everywhere. Throws
 * NOT_FOUND, CONFLICT, VALIDATION_ERROR and ILLEGAL_TRANSITION.
 */
export async function split(
  trx: Trx<Tables>,
  { organizationId, id, aliases, reason: given, expectedVersion }: Split,
  { userId, at }: { userId: string; at: Date },
): Promise<SplitApart> {
  const reason = given.trim()
  if (!reason || reason.length > longestReason)
    throw invalid('reason', `Say why, in at most ${longestReason} characters`)
  if (!isId(id)) throw notFound('Vulnerability')
  await sql`select ${changingNames(organizationId)}`.execute(trx)
  const [row] = await lock(trx, [id])
  if (!row) throw notFound('Vulnerability')
  sameVersion(row, expectedVersion)
  if (!row.weakness || !row.componentKey)
    throw new NexusError('ILLEGAL_TRANSITION', 'Only a finding of a package goes by names that can be parted')
  const all = [...(await groupsOf(trx, [row.weakness])).keys()].sort()
  if (all.length < 2) throw new NexusError('ILLEGAL_TRANSITION', 'Its weakness has only one name')
  const leaving = leavingOf(row, aliases, all)
  const staying = all.filter((name) => !leaving.includes(name))
  const pairs = leaving.flatMap((alias) => staying.map((other) => [alias, other] as const))
  const both = [...pairs, ...pairs.map(([alias, other]) => [other, alias] as const)]
  await sql`
    insert into name_splits (organization_id, alias, other, reason, split_by, split_at)
    select ${organizationId}::uuid, alias, other, ${reason}, ${userId}::uuid, ${at}
    from unnest(${both.map(([alias]) => alias)}::text[], ${both.map(([, other]) => other)}::text[])
      as pairs (alias, other)
    on conflict do nothing`.execute(trx)
  // Each side stays together, whatever it hung together by.
  const ours = { organizationId, id: null, scope: statements.byPeople, tool: statements.byPeople }
  await statements.keep(
    trx,
    ours,
    [leaving, staying].filter((names) => names.length > 1),
  )
  const parted = await regroupNames(trx, organizationId, all, at)
  const [vulnerability = row] = parted.filter(({ after }) => after.id === row.id).map(({ after }) => after)
  const [before, after] = [
    { ...row, names: all },
    { ...vulnerability, names: staying, apart: leaving, reason },
  ]
  note({ type: 'Vulnerability', id: row.id, before, after })
  for (const each of parted)
    if (each.after.id !== row.id) note({ type: 'Vulnerability', id: each.after.id, ...each })
  return { vulnerability, parted }
}

function leavingOf(
  { weakness, mergedInto }: VulnerabilityRow,
  given: readonly string[] | null,
  all: readonly string[],
): string[] {
  if (given === null && mergedInto) return [weakness!]
  const aliases = [...new Set((given ?? []).map((name) => name.trim().toUpperCase()))].sort()
  if (aliases.length === 0 || aliases.length > mostNames)
    throw invalid('aliases', `Say which names are of another weakness, 1 to ${mostNames}`)
  if (aliases.some((name) => !all.includes(name)))
    throw invalid('aliases', 'Each must be a name that its weakness is known by')
  if (aliases.length === all.length) throw invalid('aliases', 'One name has to stay')
  return aliases
}
