import type { GraphQLSchema } from 'graphql'
import { list, type Noun, one, stats } from './list.ts'
import type { Route } from './route.ts'

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

export const vulnerabilities = (graph: GraphQLSchema): Route[] => [
  list(graph, vulnerability, '/vulnerabilities'),
  stats(
    '/vulnerabilities/stats',
    vulnerability.needs,
    'vulnerabilityStats',
    'total open bySeverity { key count } byStatus { key count }',
  ),
  one(vulnerability, '/vulnerabilities/:id'),
]
