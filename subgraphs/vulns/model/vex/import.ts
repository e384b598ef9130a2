/** What a VEX document says, carried over to findings: all of it that may be, in one transaction, or nothing. */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { note } from '#kit/audit.ts'
import type { Trx } from '#kit/database.ts'
import { type ErrorCode, invalid } from '#kit/errors.ts'
import { type Filter, where } from '#kit/filter.ts'
import type { ListSpec } from '#kit/page.ts'
import { find } from '#kit/search.ts'
import { statusAt } from '../../rules-lifecycle.ts'
import { isSaid, stepOf } from '../../rules-vex.ts'
import type { Tables, VulnerabilityRow } from '../../tables.ts'
import { namesKnown } from '../alias.ts'
import * as triage from '../triage.ts'
import type { Claim, Claims } from './claim.ts'
import { mostFindings } from './export.ts'
import { matching } from './match.ts'

export const vexOutcomes = ['changed', 'unchanged', 'refused', 'unmatched'] as const
export type VexItem = {
  /** Where it stands in the document. */
  statement: string
  /** Of the finding; null where there is none. */
  id: string | null
  outcome: (typeof vexOutcomes)[number]
  code: ErrorCode | null
  message: string | null
}
export type Imported = Record<(typeof vexOutcomes)[number], number> & {
  matched: number
  items: VexItem[]
  /** The findings after it, those alone that are not as they were. */
  after: VulnerabilityRow[]
}
const shown = 500
const longestReason = 2_000
const isCve = (name: string) => name.startsWith('CVE-')

/** The ids of findings that the document may be about. Throws VALIDATION_ERROR for more than 10,000. */
async function sought(
  trx: Trx<Tables>,
  names: readonly string[],
  spec: ListSpec,
  filter: Filter,
): Promise<string[]> {
  if (names.length === 0) return []
  const found = await find(trx, spec.filter, filter)
  const others = names.filter((name) => !isCve(name))
  const byId = sql<boolean>`upper(cve_id) = any(${names}::text[])`
  // No index reads lists under row level security: only what is not told by a CVE id is looked for there.
  const byAlias = sql<boolean>`exists (select 1 from unnest(aliases) as alias where upper(alias) = any(${others}::text[]))`
  const { rows } = await sql<{ id: string }>`select id from vulnerabilities
    where (cve_id = any(${names}::text[])${others.length > 0 ? sql` or ${byId} or ${byAlias}` : sql``})
      and merged_into is null and ${where(spec.filter, filter, found)}
    order by id limit ${mostFindings + 1}`.execute(trx)
  if (rows.length > mostFindings)
    throw invalid('filter', `It may be about more than ${mostFindings} findings: narrow it, by assets`)
  return rows.map(({ id }) => id)
}

/** When what a finding says now was true: of what came from a document, as that said. */
async function lastWords(
  trx: Trx<Tables>,
  rows: readonly VulnerabilityRow[],
): Promise<Map<string, Date | null>> {
  const words = new Map(rows.map((row) => [row.id, row.statusAt]))
  const { rows: claimed } = await sql<{ id: string; statedAt: Date | null }>`
    select c.vulnerability_id as id, c.stated_at from vex_claims c
    join vulnerabilities v on v.organization_id = c.organization_id and v.id = c.vulnerability_id
    where c.vulnerability_id = any(${[...words.keys()]}::uuid[]) and v.status_at = c.status_at`.execute(trx)
  for (const { id, statedAt } of claimed) words.set(id, statedAt)
  return words
}

type Who = triage.By & {
  /** Those of the assets that the viewer may write to. */
  permitted(assetIds: readonly string[]): Promise<ReadonlySet<string>>
  /** The names of assets, by their ids. */
  named(assetIds: readonly string[]): Promise<ReadonlyMap<string, string>>
}
type Verdict = Pick<VexItem, 'outcome' | 'code' | 'message'> & { move?: triage.Move }

const refused = (code: ErrorCode, message: string): Verdict => ({ outcome: 'refused', code, message })

/** Whose word it is, and what they say. */
const reasonOf = ({ id, author }: Claims, { reason }: Claim): string =>
  `VEX ${id} by ${author}${reason ? `: ${reason}` : ''}`.slice(0, longestReason).toWellFormed()

function judged(
  row: VulnerabilityRow,
  claim: Claim,
  { read, lastWord, at }: { read: Claims; lastWord: Date | null; at: Date },
): Verdict {
  if (!claim.word) return refused('VALIDATION_ERROR', claim.unclear)
  if (isSaid({ status: statusAt(row, at), justification: row.justification }, claim.word))
    return { outcome: 'unchanged', code: null, message: null }
  if (lastWord && (!claim.at || claim.at < lastWord))
    return refused('CONFLICT', 'Something else was said of it later')
  const move = { ...stepOf(claim.word), reason: reasonOf(read, claim) }
  const refusal = triage.refusalOf(row, move, at)
  if (!refusal) return { outcome: 'changed', code: null, message: null, move }
  return refused(refusal.code, refusal.details[0]?.message ?? refusal.message)
}

/**
 * Carries a document over. What somebody has said later stays, what the lifecycle does not allow is refused, and what
 * says nothing new changes nothing: to import a document again is to import it once. Throws VALIDATION_ERROR.
 */
export async function carryOver(
  trx: Trx<Tables>,
  read: Claims,
  asked: { spec: ListSpec; filter: Filter; chosen: boolean; isTrial: boolean; organizationId: string },
  who: Who,
): Promise<Imported> {
  const { spec, filter, isTrial } = asked
  const told = [...new Set(read.claims.flatMap(({ names }) => names))]
  // Who names a weakness otherwise than its finding does is speaking of it all the same.
  const known = await namesKnown(trx, told)
  const ids = await sought(trx, [...new Set([...told, ...[...known.values()].flat()])], spec, filter)
  const rows = ids.length > 0 ? await triage.lock(trx, ids) : []
  const assetIds = [...new Set(rows.map(({ assetId }) => assetId))]
  const isNarrow = read.claims.some(({ targets }) => targets.some(({ asset }) => asset !== null))
  const names = isNarrow ? await who.named(assetIds) : new Map<string, string>()
  const permitted = await who.permitted(assetIds)
  const words = await lastWords(trx, rows)
  const { claimFor } = matching(read.claims, names, asked.chosen, known)

  const items: VexItem[] = []
  const moved: { row: VulnerabilityRow; claim: Claim; move: triage.Move }[] = []
  const heard = new Set<Claim>()
  for (const row of rows) {
    const claim = claimFor(row)
    if (!claim) continue
    heard.add(claim)
    const { move, ...verdict } = permitted.has(row.assetId)
      ? judged(row, claim, { read, lastWord: words.get(row.id) ?? null, at: who.at })
      : refused('FORBIDDEN', 'This needs the permission vulnerabilities:write')
    items.push({ statement: claim.place, id: row.id, ...verdict })
    if (move) moved.push({ row, claim, move })
  }
  const matched = items.length
  for (const claim of read.claims)
    if (!heard.has(claim))
      items.push({ statement: claim.place, id: null, outcome: 'unmatched', code: null, message: null })
  const counts = countsOf(items)
  if (isTrial) return { ...counts, matched, items: firstOf(items), after: [] }
  const digest = createHash('sha256').update(JSON.stringify(items)).digest('hex')
  const about = { author: read.author, format: read.format, statements: read.claims.length, matched }
  note({ type: 'VexDocument', id: read.id, before: null, after: { ...about, ...counts, digest } })
  const after = await write(trx, moved, who)
  await remember(trx, { read, moved, ...asked }, who.at)
  return { ...counts, matched, items: firstOf(items), after }
}

const countsOf = (items: readonly VexItem[]) => {
  const count = (outcome: VexItem['outcome']) => items.filter((item) => item.outcome === outcome).length
  const [changed, unchanged] = [count('changed'), count('unchanged')]
  return { changed, unchanged, refused: count('refused'), unmatched: count('unmatched') }
}

const ranks = { refused: 0, changed: 1, unmatched: 2, unchanged: 3 }
const firstOf = (items: readonly VexItem[]) =>
  items.toSorted((one, other) => ranks[one.outcome] - ranks[other.outcome]).slice(0, shown)

type Moved = { row: VulnerabilityRow; claim: Claim; move: triage.Move }

/** Those that go the same way go together. */
async function write(trx: Trx<Tables>, moved: readonly Moved[], by: triage.By): Promise<VulnerabilityRow[]> {
  const after: VulnerabilityRow[] = []
  for (const of of Map.groupBy(moved, ({ move }) => JSON.stringify(move)).values()) {
    const rows = of.map(({ row }) => row)
    after.push(...(await triage.move(trx, rows, of[0]!.move, by)))
  }
  return after
}

/** The time of a statement is never one to come: nothing would ever be later. */
async function remember(
  trx: Trx<Tables>,
  { read, moved, organizationId }: { read: Claims; moved: readonly Moved[]; organizationId: string },
  at: Date,
): Promise<void> {
  if (moved.length === 0) return
  const given = moved.map(({ row, claim }) => ({
    id: row.id,
    stated_at: claim.at && (claim.at < at ? claim.at : at),
  }))
  await sql`
    insert into vex_claims (organization_id, vulnerability_id, document, stated_at, status_at)
    select ${organizationId}::uuid, id, ${read.id.slice(0, 500)}, stated_at, ${at}
    from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as given (id uuid, stated_at timestamptz)
    on conflict (organization_id, vulnerability_id) do update
      set document = excluded.document, stated_at = excluded.stated_at, status_at = excluded.status_at`.execute(
    trx,
  )
}
