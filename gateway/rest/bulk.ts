import { z } from 'zod'
import type { Permission } from '#kit/viewer.ts'
import { given, word } from './alerts.ts'
import { time } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const result = `batchId dryRun matched changed refused items { id outcome code message } operation { id }`
const byId = z.object({ id: z.string() })

type Noun = {
  path: string
  /** In its mutations. */
  name: string
  /** The query of a batch. */
  batch: string
  reads: Permission
  needs: Permission | readonly Permission[]
  patch: z.ZodRawShape
}

const id = z.string().nullish()
const text = z.string().max(2_000).optional()
const tags = z.array(z.string()).max(50).optional()
const worth = ['critical', 'high', 'medium', 'low', 'unknown'] as const

const nouns: readonly Noun[] = [
  {
    path: '/alerts',
    name: 'Alerts',
    batch: 'alertBatch',
    reads: 'alerts:read',
    needs: ['alerts:bulk', 'alerts:write'],
    patch: {
      status: word('open', 'acknowledged', 'in_progress', 'on_hold', 'resolved', 'archived').optional(),
      verdict: word(
        ...(['true_positive', 'false_positive', 'benign', 'duplicate', 'test', 'disregard'] as const),
        'insufficient_data',
      ).optional(),
      reason: z.string().optional(),
      hold_until: time,
      assignee_id: id,
      priority: word('p1', 'p2', 'p3', 'p4').optional(),
    },
  },
  {
    path: '/vulnerabilities',
    name: 'Vulnerabilities',
    batch: 'vulnerabilityBatch',
    reads: 'vulnerabilities:read',
    needs: 'vulnerabilities:write',
    patch: {
      status: word(
        ...(['open', 'confirmed', 'in_remediation', 'false_positive', 'not_affected', 'resolved'] as const),
      ).optional(),
      reason: text,
      justification: word(
        ...([
          'code_not_present',
          'code_not_reachable',
          'requires_configuration',
          'requires_dependency',
        ] as const),
        ...(['requires_environment', 'protected_by_compiler', 'protected_at_runtime'] as const),
        ...(['protected_at_perimeter', 'protected_by_mitigating_control'] as const),
      ).optional(),
      resolution: word('fixed', 'mitigated').optional(),
      ticket_url: text,
      assignee_id: id,
      reachability: word(
        ...(['reachable_runtime', 'reachable_static', 'potentially', 'unreachable', 'unknown'] as const),
      ).optional(),
      severity_override: z
        .strictObject({
          severity: word('critical', 'high', 'medium', 'low', 'info'),
          reason: z.string().max(2_000),
          expires_at: time,
        })
        .nullish(),
    },
  },
  {
    path: '/assets',
    name: 'Assets',
    batch: 'assetBatch',
    reads: 'assets:read',
    needs: 'assets:write',
    patch: {
      environment: word('production', 'staging', 'development', 'test', 'unknown').nullish(),
      criticality: word(...worth).nullish(),
      exposure: word('internet', 'partner', 'internal', 'isolated', 'unknown').nullish(),
      data_classification: word('restricted', 'confidential', 'internal', 'public', 'unknown').nullish(),
      owner_id: id,
      owner_team_id: id,
      add_tags: tags,
      remove_tags: tags,
      lifecycle: word('active', 'retired').optional(),
    },
  },
]

const camel = (name: string) => name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
/** What the graph calls otherwise. */
const called: Record<string, string> = { owner_id: 'ownerUserId' }
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** A patch with the names of the graph. */
const inGraph = (fields: Fields): Fields =>
  given(
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        called[name] ?? camel(name),
        isObject(value) ? inGraph(value) : value,
      ]),
    ),
  )

const routesOf = ({ path, name, batch, reads, needs, patch }: Noun): Route[] => [
  route({
    method: 'POST',
    path: `${path}/bulk`,
    needs: needs as Permission,
    operation: `mutation BulkUpdate${name}($input: BulkUpdate${name}Input!) {
      bulkUpdate${name}(input: $input) { ${result} }
    }`,
    body: z.strictObject({
      ids: z.array(z.string()).max(10_000, 'At most 10000 at once').optional(),
      filter: z.record(z.string(), z.unknown(), 'Must be a filter of the graph').optional(),
      patch: z.strictObject(patch) as unknown as z.ZodType<Fields>,
      note: z.string().max(2_000).optional(),
      dry_run: z.boolean().optional(),
      expected_count: z.number().int().min(0).optional(),
    }),
    variables: ({ body: { ids, filter, patch: said, note, dry_run, expected_count } }) => ({
      input: given({
        ...{ ids, filter, note, dryRun: dry_run, expectedCount: expected_count },
        patch: inGraph(said),
      }),
    }),
    data: (answer) => answer[`bulkUpdate${name}`],
  }),
  route({
    method: 'GET',
    path: `${path}/bulk/:id`,
    needs: reads,
    operation: `query ${batch[0]!.toUpperCase()}${batch.slice(1)}($id: ID!) { ${batch}(id: $id) { ${result} } }`,
    params: byId,
    variables: ({ params: { id } }) => ({ id }),
    data: (answer) => answer[batch],
  }),
  route({
    method: 'POST',
    path: `${path}/bulk/:id/undo`,
    needs: needs as Permission,
    operation: `mutation UndoBulkUpdate${name}($input: UndoBulkUpdate${name}Input!) {
      undoBulkUpdate${name}(input: $input) { ${result} }
    }`,
    params: byId,
    variables: ({ params: { id } }) => ({ input: { batchId: id } }),
    data: (answer): Fields => answer[`undoBulkUpdate${name}`] as Fields,
  }),
]

/** Many of a noun by one question. */
export const bulk = (): Route[] => nouns.flatMap(routesOf)
