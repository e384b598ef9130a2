import { analysts, type Expected, members, type Row, read } from '../words.ts'

const write = (rest = ''): Row => ({
  may: analysts,
  key: 'vulnerabilities:write',
  ask: `(input: { id: "$vulnerability"${rest && `, ${rest}`} })`,
})

export const vulns: Expected = {
  query: {
    vulnerability: { may: members, key: 'vulnerabilities:read', ask: '(id: "$vulnerability")' },
    vulnerabilities: { may: members, key: 'vulnerabilities:read', ask: '(first: 2)' },
    vulnerabilityStats: { may: members, key: 'vulnerabilities:read' },
  },
  mutation: {
    changeVulnerabilityStatus: write('status: CONFIRMED'),
    confirmVulnerability: write(),
    startRemediation: write('ticketUrl: "https://tickets.example/1"'),
    markFalsePositive: write('reason: "none"'),
    markNotAffected: write('justification: CODE_NOT_PRESENT, reason: "none"'),
    resolveVulnerability: write('resolution: FIXED'),
    reopenVulnerability: write(),
    assignVulnerability: write('assigneeId: null'),
    setVulnerabilityReachability: write('reachability: UNREACHABLE'),
  },
  peers: [
    'Mutation.applyFindings',
    'Mutation.finishFindings',
    'Mutation.rescoreAsset',
    'Query.personInVulns',
  ],
  fields: { 'Asset.openVulnerabilityCount': read('vulnerabilities:read') },
  types: {
    Vulnerability: read('vulnerabilities:read'),
    VulnerabilityStats: read('vulnerabilities:read'),
    AssignVulnerabilityPayload: 'part',
    ChangeVulnerabilityStatusPayload: 'part',
    ConfirmVulnerabilityPayload: 'part',
    CvssRating: 'part',
    FindingLocation: 'part',
    MarkFalsePositivePayload: 'part',
    MarkNotAffectedPayload: 'part',
    ReopenVulnerabilityPayload: 'part',
    ResolveVulnerabilityPayload: 'part',
    SetVulnerabilityReachabilityPayload: 'part',
    StartRemediationPayload: 'part',
    VulnerabilityConnection: 'part',
    VulnerabilityEdge: 'part',
    VulnerabilityRiskFactor: 'part',
    VulnerableComponent: 'part',
  },
}
