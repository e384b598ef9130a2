import type { KyselyPlugin, RootOperationNode } from 'kysely'
import { inTenant, openDatabase, roleOf, urlAs } from '#kit/database.ts'
import { createLog } from '#kit/log.ts'
import { type ListSpec, page } from '#kit/page.ts'
import { createKeys } from '#kit/tokens.ts'
import * as alerts from '../../subgraphs/alerts/model/alert.ts'
import { statuses as alertStatuses } from '../../subgraphs/alerts/tables.ts'
import * as assets from '../../subgraphs/assets/model/asset.ts'
import { criticalities } from '../../subgraphs/assets/tables.ts'
import * as vulnerabilities from '../../subgraphs/vulns/model/vulnerability.ts'
import { statuses } from '../../subgraphs/vulns/tables.ts'

type Node = { 'Node Type': string; 'Actual Rows': number; 'Relation Name'?: string; Plans?: Node[] }
export type Planned = { list: string; order: string; filter: string; ok: boolean; why: string; ms: number }

const explain = 'explain (analyze, timing off, format json) '

/** Turns each list's own statement into a question about its plan. */
const explaining: KyselyPlugin = {
  transformQuery({ node }) {
    if (node.kind !== 'RawNode') return node
    const [first = '', ...rest] = node.sqlFragments
    if (!/^\s*select \* from/.test(first)) return node
    return { ...node, sqlFragments: [explain + first, ...rest] } as RootOperationNode
  },
  transformResult: async ({ result }) => result,
}

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

/** More than a page may be sorted, where a condition leaves few; not what grows with the tenant. */
const mostSorted = 2_000

function judge(plan: Node): string {
  for (const node of nodesOf(plan)) {
    if (node['Node Type'] === 'Seq Scan' && node['Actual Rows'] > mostSorted) return 'reads the whole table'
    const below = node.Plans?.[0]
    if (node['Node Type'].includes('Sort') && below && below['Actual Rows'] > mostSorted)
      return `sorts ${below['Actual Rows']} rows`
  }
  return ''
}

const now = new Date()
const shipped: { schema: string; spec: ListSpec; filters: Record<string, readonly unknown[]> }[] = [
  {
    schema: 'alerts',
    spec: alerts.specAt(now) as ListSpec,
    filters: { status: alertStatuses.slice(0, 1), severity: ['critical'] },
  },
  {
    schema: 'vulns',
    spec: vulnerabilities.specAt(now) as ListSpec,
    filters: { status: statuses.slice(0, 1), severity: ['critical'] },
  },
  {
    schema: 'assets',
    spec: assets.specAt(new Date(0)) as ListSpec,
    filters: { criticality: criticalities.slice(0, 1) },
  },
]

/** Every list in every order, alone and with a filter, as its own role plans it. */
export async function plansOf(
  env: { DATABASE_URL: string; NEXUS_SECRET: string },
  url: string,
  organizationId: string,
): Promise<Planned[]> {
  const keys = createKeys(env.NEXUS_SECRET)
  const planned: Planned[] = []
  for (const { schema, spec, filters } of shipped) {
    const role = roleOf(url, schema)
    const db = openDatabase<never>({
      url: urlAs(url, role, keys.passwordOf(role)),
      ...{ schema, log: createLog('plans', 'warn'), connections: 1 },
    })
    const wanted = [{}, ...Object.entries(filters).map(([name, values]) => ({ [name]: values }))]
    for (const field of Object.keys(spec.order))
      for (const direction of ['asc', 'desc'] as const)
        for (const filter of wanted) {
          const from = performance.now()
          const { edges } = await inTenant(db, { organizationId }, (trx) =>
            page<{ id: string }>(
              trx.withPlugin(explaining),
              spec as ListSpec<{ id: string }>,
              { first: 20, filter, orderBy: { field, direction } },
              async () => 0,
            ),
          )
          const [answer] = edges.map(({ node }) => node as unknown as Record<string, { Plan: Node }[]>)
          const why = judge(answer!['QUERY PLAN']![0]!.Plan)
          const of = { list: spec.table, order: `${field} ${direction}`, filter: JSON.stringify(filter) }
          planned.push({ ...of, ok: why === '', why, ms: Math.round(performance.now() - from) })
        }
    await db.destroy()
  }
  console.table(planned.filter(({ ok }) => !ok))
  console.log(`${planned.length} plans`)
  return planned
}
