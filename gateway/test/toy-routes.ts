/** The doors to what the toy house has. */
import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { auth } from '../rest/auth.ts'
import { integrations } from '../rest/integrations.ts'
import { list, type Noun, one, stats } from '../rest/list.ts'
import { type Fields, type Route, route } from '../rest/route.ts'

const asset: Noun = {
  type: 'Asset',
  one: 'asset',
  many: 'assets',
  needs: 'assets:read',
  item: `id organization { id } externalId type name environment criticality exposure dataClassification
    lifecycle riskScore metadata firstSeenAt lastSeenAt createdAt updatedAt`,
  filters: ['type', 'lifecycle', 'criticality', 'environment', 'search'],
}

const assets = (graph: GraphQLSchema): Route[] => [
  list(graph, asset, '/assets'),
  list(graph, { ...asset, filters: [] }, '/assets/search', 'q'),
  stats(
    '/assets/stats',
    asset.needs,
    'assetStats',
    'total byType { key count } byLifecycle { key count } byCriticality { key count }',
  ),
  one(asset, '/assets/:id'),
]

const alert: Noun = {
  type: 'Alert',
  one: 'alert',
  many: 'alerts',
  needs: 'alerts:read',
  item: `id organization { id } asset { id } severity status title description source metadata
    assignee { id } occurrenceCount firstSeenAt lastSeenAt acknowledgedAt createdAt updatedAt resolvedAt`,
  filters: ['severity', 'status', 'assetId', 'source', 'search'],
}

const alerts = (graph: GraphQLSchema): Route[] => [
  list(graph, alert, '/alerts'),
  stats(
    '/alerts/stats',
    alert.needs,
    'alertStats',
    'total open bySeverity { key count } byStatus { key count }',
  ),
  one(alert, '/alerts/:id'),
  route({
    method: 'POST',
    path: '/alerts/:id/acknowledge',
    needs: 'alerts:write',
    operation: `mutation AcknowledgeAlert($input: AcknowledgeAlertInput!) {
      acknowledgeAlert(input: $input) { alert { ${alert.item} } }
    }`,
    params: z.object({ id: z.string() }),
    variables: ({ params: { id } }) => ({ input: { id } }),
    data: ({ acknowledgeAlert }) => (acknowledgeAlert as Fields).alert,
  }),
]

const vulnerability: Noun = {
  type: 'Vulnerability',
  one: 'vulnerability',
  many: 'vulnerabilities',
  needs: 'vulnerabilities:read',
  item: `id organization { id } asset { id } cveId aliases severity cvssScore cvssVector status presence
    title description remediation dueDate component { name version purl path } location { path line }
    fixedVersions firstSeenAt lastSeenAt createdAt updatedAt`,
  filters: ['severity', 'status', 'assetId', 'cveId', 'presence', 'search'],
}

const vulnerabilities = (graph: GraphQLSchema): Route[] => [
  list(graph, vulnerability, '/vulnerabilities'),
  stats(
    '/vulnerabilities/stats',
    vulnerability.needs,
    'vulnerabilityStats',
    'total open bySeverity { key count } byStatus { key count }',
  ),
  one(vulnerability, '/vulnerabilities/:id'),
]

export const toyRoutes = (graph: GraphQLSchema): Route[] => [
  ...auth(),
  ...[assets, alerts, vulnerabilities, integrations].flatMap((group) => group(graph)),
]
