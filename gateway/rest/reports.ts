import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { list, type Noun, one } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const report: Noun = {
  type: 'Report',
  one: 'report',
  many: 'reports',
  needs: 'reports:read',
  item: `id operation { id } list format status rows bytes sha256 requestedBy { id } errorCode errorMessage
    createdAt finishedAt`,
  filters: ['status', 'list', 'format'],
}
const operation: Noun = {
  type: 'Operation',
  one: 'operation',
  many: 'operations',
  needs: 'integrations:read',
  item: `id kind status done total errorCode errorMessage requestedBy { id } createdAt startedAt finishedAt`,
  filters: ['status', 'kind'],
}

const lists = ['assets', 'alerts', 'vulnerabilities', 'controls'] as const
const severities = ['critical', 'high', 'medium', 'low', 'info', 'unknown'] as const

const generate: Route = route({
  method: 'POST',
  path: '/reports/generate',
  needs: 'reports:create',
  status: 202,
  operation: `mutation GenerateReport($input: GenerateReportInput!) {
    generateReport(input: $input) { report { ${report.item} } operation { ${operation.item} } }
  }`,
  body: z.strictObject({
    list: z.enum(lists, `Must be one of ${lists.join(', ')}`),
    format: z.enum(['csv', 'json'], 'Must be csv or json').default('csv'),
    severity: z
      .array(z.enum(severities, `Must be some of ${severities.join(', ')}`))
      .min(1)
      .optional(),
    search: z.string().min(1).max(200).optional(),
  }),
  variables: ({ body: { list, format, severity, search } }) => ({
    input: {
      list: list.toUpperCase(),
      format: format.toUpperCase(),
      severity: severity?.map((each) => each.toUpperCase()),
      search,
    },
  }),
  data: ({ generateReport }) => generateReport,
  headers: ({ generateReport }) => {
    const { report } = generateReport as { report: Fields }
    return { location: `/api/v1/operations/${report.operation_id}` }
  },
})

const cancel: Route = route({
  method: 'POST',
  path: '/operations/:id/cancel',
  needs: 'integrations:write',
  operation: `mutation CancelOperation($input: CancelOperationInput!) {
    cancelOperation(input: $input) { operation { ${operation.item} } }
  }`,
  params: z.object({ id: z.string() }),
  variables: ({ params: { id } }) => ({ input: { id } }),
  data: ({ cancelOperation }) => (cancelOperation as Fields).operation,
})

export const reports = (graph: GraphQLSchema): Route[] => [
  list(graph, report, '/reports'),
  one(report, '/reports/:id'),
  generate,
  list(graph, operation, '/operations'),
  one(operation, '/operations/:id'),
  cancel,
]

/** What the download of a report has to know of it. */
export type Downloadable = {
  id: string
  list: string
  format: 'csv' | 'json'
  status: string
  bytes: number | null
  sha256: string | null
  created_at: string
}

/** Its answer is the file. */
export const downloadReport: Route = {
  ...one(
    { ...report, item: 'id list format status bytes sha256 createdAt' },
    '/reports/:id/download',
    'ReportFile',
  ),
}
