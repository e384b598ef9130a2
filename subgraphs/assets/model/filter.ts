import { type RawBuilder, sql } from 'kysely'
import { invalid } from '#kit/errors.ts'
import type { FilterSpec } from '#kit/filter.ts'
import { isId } from '#kit/id.ts'
import { tagOf } from '#kit/tag.ts'
import type { Identifier } from '../rules-identity.ts'
import { normalized } from '../rules-normal.ts'
import type { Lifecycle } from '../tables.ts'

type Sql = RawBuilder<boolean>

const most = 1_000
const atMost = <Value>(name: string, values: readonly Value[]): readonly Value[] => {
  if (values.length > most) throw invalid(name, `At most ${most} values`)
  return values
}

/** What only the time tells: sources fall silent without telling. */
function standing(values: readonly Lifecycle[], staleBefore: Date): Sql {
  const isSilent = sql`not is_manual and last_seen_at < ${staleBefore}`
  const each: Record<Lifecycle, Sql> = {
    active: sql<boolean>`(lifecycle = 'active' and not (${isSilent}))`,
    stale: sql<boolean>`(lifecycle = 'active' and ${isSilent})`,
    retired: sql<boolean>`lifecycle = 'retired'`,
  }
  const wanted = [...new Set(values)].map((value) => each[value])
  return wanted.length > 0 ? sql<boolean>`(${sql.join(wanted, sql` or `)})` : sql<boolean>`false`
}

const tagged = (values: readonly string[]): Sql => {
  const tags = atMost('tag', values).map((text) => tagOf(text) ?? text)
  return sql<boolean>`id in (select t.asset_id from asset_tags t
    where t.tag = any(${tags}::text[]) and t.removed_at is null)`
}

const ownedBy = (values: readonly string[]): Sql => {
  const ids = atMost('ownerId', values).filter(isId)
  return sql<boolean>`(owner_user_id = any(${ids}::uuid[]) or owner_team_id = any(${ids}::uuid[]))`
}

const inGroup = (values: readonly string[], ruled: Sql | null): Sql => {
  const ids = atMost('groupId', values).filter(isId)
  return sql<boolean>`(id in (select m.asset_id from asset_group_members m
    where m.group_id = any(${ids}::uuid[]) and m.removed_at is null) or ${ruled ?? sql`false`})`
}

/** By what an asset is known or seen by, or one that is merged into it. */
const seenBy = (values: readonly string[]): Sql => sql<boolean>`id in (
  select coalesce(a.survivor_id, a.id) from asset_sources s
  join assets a on a.organization_id = s.organization_id and a.id = s.asset_id
  where s.source = any(${atMost('source', values)}::text[]))`

/** Whether any source has seen an asset, or one that is merged into it. */
const isSeen = (is: boolean): Sql => {
  const seen = sql`select coalesce(a.survivor_id, a.id) from asset_sources s
    join assets a on a.organization_id = s.organization_id and a.id = s.asset_id`
  return is ? sql<boolean>`id in (${seen})` : sql<boolean>`id not in (${seen})`
}

const knownBy = (values: readonly Identifier[]): Sql => {
  const given = atMost('identifier', values).flatMap(({ kind, value }) => {
    const text = normalized(kind, value)
    return text === null ? [] : [{ kind, text }]
  })
  return sql<boolean>`id in (
    select coalesce(a.survivor_id, a.id) from unnest(${given.map(({ kind }) => kind)}::text[],
      ${given.map(({ text }) => text)}::text[]) as sought (kind, value)
    join asset_identifiers i on i.kind = sought.kind and i.value = sought.value
    join assets a on a.organization_id = i.organization_id and a.id = i.asset_id)`
}

/**
 * What assets are listed and selected by, as of the time before which silence means stale.
 * @param ruled who is in the groups of the filter by their rules
 */
export const filterAt = (staleBefore: Date, ruled: Sql | null = null): FilterSpec => ({
  id: { kind: 'id', column: 'id' },
  type: { kind: 'enum', column: 'type' },
  lifecycle: { kind: 'custom', where: (values: readonly Lifecycle[]) => standing(values, staleBefore) },
  criticality: { kind: 'enum', column: 'criticality' },
  environment: { kind: 'enum', column: 'environment' },
  exposure: { kind: 'enum', column: 'exposure' },
  tag: { kind: 'custom', where: tagged },
  groupId: { kind: 'custom', where: (values: readonly string[]) => inGroup(values, ruled) },
  ownerId: { kind: 'custom', where: ownedBy },
  source: { kind: 'custom', where: seenBy },
  isSeen: { kind: 'custom', where: isSeen },
  identifier: { kind: 'custom', where: knownBy },
  isMerged: {
    kind: 'custom',
    where: (is: boolean) => (is ? sql<boolean>`merged_into is not null` : sql<boolean>`merged_into is null`),
  },
  riskScore: { kind: 'number', column: 'riskScore' },
  search: { kind: 'search', columns: ['name', 'externalId'], index: 'search_assets' },
  createdAt: { kind: 'time', column: 'createdAt' },
})
