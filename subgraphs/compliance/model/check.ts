import { sql } from 'kysely'
import type { Db, Trx } from '#kit/database.ts'
import { newId } from '#kit/id.ts'
import type { Severity } from '#kit/severity.ts'
import { controlsOf } from '../rules.ts'
import type { CheckRow, Tables } from '../tables.ts'

export type Named = { ruleId: string; title: string; severity: Severity }

export const find = (db: Db<Tables>, ids: readonly string[]): Promise<CheckRow[]> =>
  db.selectFrom('checks').selectAll().where('id', 'in', ids).execute()

/**
 * The ids of a tool's checks by their rule; those that are new are added, and each gets the controls that it
 * speaks for, unless a person has said otherwise. Always in the order of rules, so that two runs cannot cross.
 */
export async function ensure(
  trx: Trx<Tables>,
  organizationId: string,
  tool: string,
  given: readonly Named[],
): Promise<Map<string, string>> {
  const rows = [...new Map(given.map((check) => [check.ruleId, check])).values()].map(
    ({ ruleId, title, severity }) => ({ id: newId(), ruleId, title, severity }),
  )
  const { rows: known } = await sql<{ id: string; ruleId: string }>`
    insert into checks as c (organization_id, tool, id, rule_id, title, severity)
    select ${organizationId}::uuid, ${tool}, id, "ruleId", title, severity
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as given (id uuid, "ruleId" text, title text, severity text)
    order by "ruleId"
    on conflict (organization_id, tool, rule_id) do update set title = excluded.title,
      severity = excluded.severity, updated_at = case
        when (c.title, c.severity) = (excluded.title, excluded.severity) then c.updated_at else now() end
    returning id, rule_id`.execute(trx)
  const ids = new Map(known.map((check) => [check.ruleId, check.id]))
  await map(
    trx,
    organizationId,
    rows.flatMap(({ ruleId, title }) =>
      controlsOf({ tool, ruleId, title }).map((code) => ({ code, checkId: ids.get(ruleId)! })),
    ),
  )
  return ids
}

async function map(trx: Trx<Tables>, organizationId: string, pairs: { code: string; checkId: string }[]) {
  if (pairs.length === 0) return
  await sql`
    insert into control_checks (organization_id, control_id, check_id, origin)
    select ${organizationId}::uuid, k.id, given."checkId", 'auto'
    from jsonb_to_recordset(${JSON.stringify(pairs)}::jsonb) as given (code text, "checkId" uuid)
    join controls k on k.code = given.code
    join frameworks f on f.id = k.framework_id and f.name = 'NIST Cybersecurity Framework' and f.version = '2.0'
    order by given."checkId", k.id
    on conflict (organization_id, control_id, check_id) do nothing`.execute(trx)
}
