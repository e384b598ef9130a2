import { analysts, type Expected, members, read } from '../words.ts'

const compliant = { may: members, key: 'compliance:read' }

export const compliance: Expected = {
  query: {
    // Catalogues are everybody's: there is no other tenant's framework or control.
    framework: { ...compliant, ask: '(id: "$framework")' },
    frameworks: { ...compliant, ask: '(first: 2)' },
    control: { ...compliant, ask: '(id: "$control")' },
    controls: { ...compliant, ask: '(first: 2)' },
    posture: compliant,
    report: { may: members, key: 'reports:read', ask: '(id: "$report")' },
    reports: { may: members, key: 'reports:read', ask: '(first: 2)' },
  },
  mutation: {
    // Of what one may read.
    generateReport: {
      may: analysts,
      key: ['reports:create', 'assets:read'],
      ask: '(input: { list: ASSETS, format: CSV })',
    },
  },
  peers: [
    ...['Mutation.applyCheckResults', 'Mutation.finishCheckResults', 'Mutation.revertCheckResults'],
    'Query.personInCompliance',
  ],
  types: {
    Check: read('compliance:read'),
    CheckResult: read('compliance:read'),
    Control: read('compliance:read'),
    Framework: read('compliance:read'),
    Posture: read('compliance:read'),
    Report: read('reports:read'),
    CheckResultConnection: 'part',
    CheckResultEdge: 'part',
    ControlConnection: 'part',
    ControlEdge: 'part',
    FrameworkConnection: 'part',
    FrameworkEdge: 'part',
    GenerateReportPayload: 'part',
    ReportConnection: 'part',
    ReportEdge: 'part',
  },
}
