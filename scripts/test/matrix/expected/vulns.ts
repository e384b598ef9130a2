import { analysts, type Expected, managers, members, type Row, read } from '../words.ts'

const write = (rest = ''): Row => ({
  may: analysts,
  key: 'vulnerabilities:write',
  ask: `(input: { id: "$workedVulnerability"${rest && `, ${rest}`} })`,
})

/** What is said to who asked and would decide as well. */
export const another = 'Somebody else has to decide on what you have asked for'
/** A day within the year that an acceptance may last. */
export const soon = new Date(Date.now() + 90 * 86_400_000).toISOString()

const decide = (rest = ''): Row => ({
  may: managers,
  key: 'vulnerabilities:accept_approve',
  ask: `(input: { id: "$riskAcceptance"${rest && `, ${rest}`} })`,
  past: [another],
})
/** It says something of nothing that is here. */
export const vexDocument = {
  ...{ '@context': 'https://openvex.dev/ns/v0.2.0', '@id': 'urn:matrix:vex', author: 'Matrix', version: 1 },
  timestamp: '2031-01-01T00:00:00Z',
  statements: [
    { vulnerability: { name: 'CVE-1990-1' }, products: [{ '@id': 'pkg:npm/none' }], status: 'fixed' },
  ],
}
export const vulns: Expected = {
  query: {
    vulnerabilityBatch: { may: members, key: 'vulnerabilities:read', ask: '(id: "$vulnerabilityBatch")' },
    vulnerability: { may: members, key: 'vulnerabilities:read', ask: '(id: "$vulnerability")' },
    vulnerabilities: { may: members, key: 'vulnerabilities:read', ask: '(first: 2)' },
    riskAcceptance: { may: members, key: 'vulnerabilities:read', ask: '(id: "$riskAcceptance")' },
    riskAcceptances: { may: members, key: 'vulnerabilities:read', ask: '(first: 2)' },
    cvss: { may: members, key: 'any', ask: '(vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")' },
    slaPolicy: { may: members, key: 'vulnerabilities:read' },
    vulnerabilityStats: { may: members, key: 'vulnerabilities:read' },
    exportVex: {
      may: members,
      key: 'vulnerabilities:read',
      ask: '(format: CYCLONEDX, filter: { cveId: ["CVE-2014-0160"] })',
    },
  },
  mutation: {
    bulkUpdateVulnerabilities: {
      may: analysts,
      key: 'vulnerabilities:write',
      ask: '(input: { ids: ["$vulnerability"], patch: { reachability: POTENTIALLY } })',
      makes: true,
    },
    undoBulkUpdateVulnerabilities: {
      may: analysts,
      key: 'vulnerabilities:write',
      ask: '(input: { batchId: "$vulnerabilityBatch" })',
    },
    changeVulnerabilityStatus: write('status: CONFIRMED'),
    confirmVulnerability: write(),
    startRemediation: write('ticketUrl: "https://tickets.example/1"'),
    markFalsePositive: write('reason: "none"'),
    markNotAffected: write('justification: CODE_NOT_PRESENT, reason: "none"'),
    resolveVulnerability: write('resolution: FIXED'),
    reopenVulnerability: write(),
    assignVulnerability: write('assigneeId: null'),
    setVulnerabilityReachability: write('reachability: UNREACHABLE'),
    overrideSeverity: write('severity: LOW, reason: "here"'),
    endSeverityOverride: write(),
    splitVulnerability: {
      may: analysts,
      key: 'vulnerabilities:write',
      ask: '(input: { id: "$workedVulnerability", aliases: ["CVE-1990-1"], reason: "none" })',
    },
    requestRiskAcceptance: {
      may: analysts,
      makes: true,
      key: 'vulnerabilities:accept_request',
      ask: `(input: { cveIds: ["CVE-2024-1000"], assetIds: ["$asset"], treatment: ACCEPT, reason: "none", expiresAt: "${soon}" })`,
    },
    updateRiskAcceptance: {
      may: analysts,
      key: 'vulnerabilities:accept_request',
      ask: '(input: { id: "$riskAcceptance", reason: "another" })',
    },
    approveRiskAcceptance: decide(),
    rejectRiskAcceptance: decide('reason: "no"'),
    revokeRiskAcceptance: decide('reason: "no"'),
    importVex: {
      may: analysts,
      key: 'vulnerabilities:write',
      ask: `(input: { document: ${JSON.stringify(JSON.stringify(vexDocument))} })`,
    },
    setSlaPolicy: { may: managers, key: 'organization:policy', ask: '(input: { lowDays: 200 })' },
  },
  subscription: {
    vulnerabilityChanged: {
      may: members,
      // All of a finding is asked: who overruled its severity is a user.
      key: ['vulnerabilities:read', 'users:read'],
      event: ['vulnerability.updated', { vulnerabilityId: '$vulnerability' }],
    },
  },
  peers: [
    ...['Mutation.applyFindings', 'Mutation.refreshFindings', 'Mutation.finishFindings'],
    ...['Mutation.revertFindings', 'Query.previewFindings', 'Query.closableFindings'],
    'Mutation.rescoreAssets',
    'Query.personInVulns',
    'Query.vulnerabilityMetric',
    'Query.vulnerabilityMetrics',
  ],
  fields: { 'Asset.openVulnerabilityCount': read('vulnerabilities:read') },
  types: {
    BulkItem: 'part',
    BulkResult: 'part',
    Vulnerability: read('vulnerabilities:read'),
    VulnerabilityStats: read('vulnerabilities:read'),
    RiskAcceptance: read('vulnerabilities:read'),
    SlaPolicy: read('vulnerabilities:read'),
    VexDocument: read('vulnerabilities:read'),
    VexItem: 'part',
    VulnerabilityChanged: 'part',
    ImportVexPayload: 'part',
    ApproveRiskAcceptancePayload: 'part',
    EndSeverityOverridePayload: 'part',
    OverrideSeverityPayload: 'part',
    RejectRiskAcceptancePayload: 'part',
    RequestRiskAcceptancePayload: 'part',
    RevokeRiskAcceptancePayload: 'part',
    RiskAcceptanceConnection: 'part',
    RiskAcceptanceEdge: 'part',
    SetSlaPolicyPayload: 'part',
    SeverityOverride: 'part',
    UpdateRiskAcceptancePayload: 'part',
    Advisory: 'part',
    Epss: 'part',
    Kev: 'part',
    KevAssertion: 'part',
    AssignVulnerabilityPayload: 'part',
    ChangeVulnerabilityStatusPayload: 'part',
    ConfirmVulnerabilityPayload: 'part',
    CvssRating: 'part',
    CvssScore: { may: members, key: 'any' },
    FindingLocation: 'part',
    MarkFalsePositivePayload: 'part',
    MarkNotAffectedPayload: 'part',
    ReopenVulnerabilityPayload: 'part',
    ResolveVulnerabilityPayload: 'part',
    SetVulnerabilityReachabilityPayload: 'part',
    SplitVulnerabilityPayload: 'part',
    StartRemediationPayload: 'part',
    VulnerabilityChange: 'part',
    VulnerabilityChangeConnection: 'part',
    VulnerabilityChangeEdge: 'part',
    VulnerabilityConnection: 'part',
    VulnerabilityEdge: 'part',
    VulnerabilityRiskFactor: 'part',
    VulnerableComponent: 'part',
  },
}
