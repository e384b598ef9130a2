/** Findings from before it was kept by which name and of what each was told: so that they become one with others too. */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Trx } from '#kit/database.ts'
import { fingerprintText } from '../rules.ts'
import { partsOf } from '../rules-alias.ts'
import { guessesOf, type Keyless } from '../rules-key.ts'
import type { Tables } from '../tables.ts'
import { changingNames, groupsOf, mergeNamed } from './alias.ts'

/** In one transaction. */
const mostAtOnce = 1_000

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

type Row = Keyless & { id: string; assetId: string; fingerprint: string }

/** Which of the keys that it may have had has the fingerprint that it has. */
function keyOf(row: Row): { id: string; weakness: string; componentKey: string } | null {
  const found = guessesOf(row).find(
    ({ key }) => sha256(fingerprintText(row.assetId, 'package', key)) === row.fingerprint,
  )
  const parts = found && partsOf({ kind: 'package', key: found.key })
  return parts
    ? { id: row.id, weakness: parts.weakness, componentKey: sha256(`${row.assetId}|${parts.place}`) }
    : null
}

/**
 * Looks at some more of the findings that have no key, and merges those that turn out to be one with others.
 * @returns how many findings that changed; null where all have been looked at
 */
export async function findKeys(trx: Trx<Tables>, organizationId: string): Promise<number | null> {
  const search = trx.selectFrom('keySearches').select('afterId').where('isOpen', '=', true)
  if (!(await search.executeTakeFirst())) return null
  await sql`select ${changingNames(organizationId)}`.execute(trx)
  const [open] = await search.forUpdate().execute()
  if (!open) return null
  const { rows } = await sql<Row>`
    select id, asset_id, fingerprint, cve_id, aliases, component from vulnerabilities
    where kind = 'package' and component_key is null
      and (${open.afterId}::uuid is null or id > ${open.afterId}::uuid)
    order by id limit ${mostAtOnce}`.execute(trx)
  const found = rows.flatMap((row) => keyOf(row) ?? [])
  await sql`
    update vulnerabilities v set weakness = k.weakness, component_key = k.component_key
    from unnest(${found.map(({ id }) => id)}::uuid[], ${found.map(({ weakness }) => weakness)}::text[],
      ${found.map(({ componentKey }) => componentKey)}::text[]) as k (id, weakness, component_key)
    where v.id = k.id`.execute(trx)
  const groups = await groupsOf(trx, [...new Set(found.map(({ weakness }) => weakness))])
  const merged = await mergeNamed(trx, [...new Set(groups.values())])
  const isLast = rows.length < mostAtOnce
  await sql`update key_searches set after_id = ${rows.at(-1)?.id ?? open.afterId}::uuid,
    is_open = ${!isLast}`.execute(trx)
  return merged
}
