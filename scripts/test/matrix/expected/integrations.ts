import { analysts, type Expected, managers, members, read } from '../words.ts'

const integrated = { may: members, key: 'integrations:read' }

export const integrations: Expected = {
  query: {
    connector: { ...integrated, ask: '(id: "$connector")' },
    connectors: { ...integrated, ask: '(first: 2)' },
    importRun: { ...integrated, ask: '(id: "$importRun")' },
    importRuns: { ...integrated, ask: '(first: 2)' },
    operation: { ...integrated, ask: '(id: "$operation")' },
    operations: { ...integrated, ask: '(first: 2)' },
    metrics: { may: members, key: 'any' },
    metric: { may: members, key: 'alerts:read', ask: '(name: "alerts.open")' },
    savedMetric: { may: members, key: 'reports:read', ask: '(id: "$savedMetric")' },
    savedMetrics: { may: members, key: 'reports:read', ask: '(first: 2)' },
  },
  mutation: {
    startImport: {
      may: managers,
      key: 'vulnerabilities:import',
      ask: '(input: { upload: "$upload", fileName: "matrix.json" })',
    },
    revertImport: {
      may: managers,
      key: 'vulnerabilities:import',
      ask: '(input: { id: "$importRun" })',
    },
    cancelOperation: {
      may: managers,
      key: 'integrations:write',
      ask: '(input: { id: "$operation" })',
    },
    setConnectorCredentials: {
      may: managers,
      key: 'integrations:write',
      ask: '(input: { id: "$connector", credentials: "$text" })',
    },
    createSavedMetric: {
      may: analysts,
      key: ['reports:create', 'alerts:read'],
      ask: '(input: { name: "$text", metric: "alerts.open" })',
    },
    removeSavedMetric: { may: analysts, key: 'reports:create', ask: '(input: { id: "$savedLeaver" })' },
  },
  peers: ['Query.personInIntegrations', 'Mutation.resealIntegrations'],
  types: {
    Connector: read('integrations:read'),
    ImportRun: read('integrations:read'),
    Operation: read('integrations:read'),
    ConnectorConnection: 'part',
    ConnectorEdge: 'part',
    ImportRunConnection: 'part',
    ImportRunEdge: 'part',
    SavedMetric: read('reports:read'),
    DrillDown: 'part',
    Metric: 'part',
    MetricDefinition: 'part',
    MetricGroup: 'part',
    MetricPoint: 'part',
    MetricValue: 'part',
    SavedMetricConnection: 'part',
    SavedMetricEdge: 'part',
    SavedMetricPayload: 'part',
    OperationConnection: 'part',
    OperationEdge: 'part',
    CancelOperationPayload: 'part',
    RevertImportPayload: 'part',
    LeftFinding: 'part',
    PreviewedChange: 'part',
    SetConnectorCredentialsPayload: 'part',
    StartImportPayload: 'part',
  },
}
