import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { countsOf, list, type Noun, one } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const run = `id operation { id } isPreview revertedAt status format fileName asset { id name } total created updated unchanged reopened closed
  skipped errorCode errorMessage startedAt finishedAt createdAt`

const importRun: Noun = {
  type: 'ImportRun',
  one: 'importRun',
  many: 'importRuns',
  needs: 'integrations:read',
  item: run,
  filters: [],
}
const connector: Noun = {
  type: 'Connector',
  one: 'connector',
  many: 'connectors',
  needs: 'integrations:read',
  item: 'id name kind status lastSuccessAt hasCredentials credentialsHint',
  filters: [],
}

/** Its runs are the imports of its format, counted by how they stand. */
const connectorStatus: Route = route({
  method: 'GET',
  path: '/integrations/:id/status',
  needs: connector.needs,
  noun: connector.type,
  operation: `query ConnectorStatus($id: ID!) {
    connector(id: $id) {
      id name kind status lastRunAt lastSuccessAt lastError hasCredentials credentialsHint runs { key count }
    }
  }`,
  params: z.object({ id: z.string() }),
  variables: ({ params: { id } }) => ({ id }),
  data: ({ connector }) => connector && countsOf(connector as Fields),
})

/** What it changed is set back; what was changed since is told. */
const revertImport: Route = route({
  method: 'POST',
  path: '/integrations/imports/:id/revert',
  needs: 'vulnerabilities:import',
  operation: `mutation RevertImport($input: RevertImportInput!) {
    revertImport(input: $input) { run { ${run} } restored kept { vulnerability { id } reason } }
  }`,
  params: z.object({ id: z.string() }),
  variables: ({ params: { id } }) => ({ input: { id } }),
  data: ({ revertImport }) => revertImport,
})

export const integrations = (graph: GraphQLSchema): Route[] => [
  list(graph, importRun, '/integrations/imports'),
  one(importRun, '/integrations/imports/:id'),
  revertImport,
  list(graph, connector, '/integrations/connectors'),
  connectorStatus,
]

/** Its body is the report itself, which by now is a blob. */
export const startImport: Route = route({
  method: 'POST',
  path: '/integrations/imports',
  needs: 'vulnerabilities:import',
  status: 202,
  operation: `mutation StartImport($input: StartImportInput!) { startImport(input: $input) { run { ${run} } } }`,
  query: z.strictObject({
    format: z.string().min(1).max(100).optional(),
    asset: z.string().min(1).max(255).optional(),
    file: z.string().min(1).max(255).default('report'),
    preview: z.enum(['true', 'false'], 'Must be true or false').optional(),
  }),
  body: z.object({ upload: z.string() }),
  variables: ({ query: { format, asset, file, preview }, body: { upload } }) => ({
    input: { upload, fileName: file, format, asset, ...(preview && { preview: preview === 'true' }) },
  }),
  data: ({ startImport }) => (startImport as Fields).run,
})
