/** Who sees which assets, and what those are known by. */
import { type Selectable, sql } from 'kysely'
import type { Db } from '#kit/database.ts'
import type { Tables } from '../tables.ts'

export type IdentifierRow = Selectable<Tables['assetIdentifiers']>
export type SourceRow = { source: string; firstSeenAt: Date; lastSeenAt: Date }
export type Coverage = { source: string; seen: number; share: number }

const mostIdentifiers = 200

/** Those of each of these assets, and of what is merged into them. */
export async function identifiers(
  db: Db<Tables>,
  ids: readonly string[],
): Promise<Map<string, IdentifierRow[]>> {
  const { rows } = await sql<IdentifierRow & { rootId: string }>`
    select root.id as root_id, found.* from unnest(${ids}::uuid[]) as root (id) cross join lateral (
      select i.* from assets a
      join asset_identifiers i on i.organization_id = a.organization_id and i.asset_id = a.id
      where a.id = root.id or a.survivor_id = root.id
      order by i.kind, i.value, i.created_at limit ${mostIdentifiers}
    ) found`.execute(db)
  return Map.groupBy(rows, ({ rootId }) => rootId)
}

export async function sources(db: Db<Tables>, ids: readonly string[]): Promise<Map<string, SourceRow[]>> {
  const { rows } = await sql<SourceRow & { rootId: string }>`
    select root.id as root_id, s.source, min(s.first_seen_at) as first_seen_at, max(s.last_seen_at) as last_seen_at
    from unnest(${ids}::uuid[]) as root (id) join assets a on a.id = root.id or a.survivor_id = root.id
    join asset_sources s on s.organization_id = a.organization_id and s.asset_id = a.id
    group by 1, 2 order by 2`.execute(db)
  return Map.groupBy(rows, ({ rootId }) => rootId)
}

/** How many of the assets that are there each source has seen. */
export async function coverage(db: Db<Tables>): Promise<Coverage[]> {
  const { rows } = await sql<Coverage>`
    with living as (select organization_id, id from assets where merged_into is null and lifecycle = 'active')
    select s.source, count(distinct living.id) as seen,
      count(distinct living.id)::float8 / (select count(*) from living) as share
    from asset_sources s
    join assets a on a.organization_id = s.organization_id and a.id = s.asset_id
    join living on living.organization_id = a.organization_id and living.id = coalesce(a.survivor_id, a.id)
    group by s.source order by seen desc, s.source`.execute(db)
  return rows
}
