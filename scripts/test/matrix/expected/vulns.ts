import { type Expected, members, read } from '../words.ts'

export const vulns: Expected = {
  query: {
    vulnerability: { may: members, key: 'vulnerabilities:read', ask: '(id: "$vulnerability")' },
    vulnerabilities: { may: members, key: 'vulnerabilities:read', ask: '(first: 2)' },
    vulnerabilityStats: { may: members, key: 'vulnerabilities:read' },
  },
  peers: [
    ...['Mutation.applyFindings', 'Mutation.refreshFindings', 'Mutation.finishFindings'],
    ...['Mutation.revertFindings', 'Query.previewFindings', 'Query.closableFindings'],
    'Query.vulnerabilityMetric',
    'Query.vulnerabilityMetrics',
  ],
  fields: { 'Asset.openVulnerabilityCount': read('vulnerabilities:read') },
  types: {
    Vulnerability: read('vulnerabilities:read'),
    VulnerabilityStats: read('vulnerabilities:read'),
    CvssRating: 'part',
    FindingLocation: 'part',
    VulnerabilityConnection: 'part',
    VulnerabilityEdge: 'part',
    VulnerableComponent: 'part',
  },
}
