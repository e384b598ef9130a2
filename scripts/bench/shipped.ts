/** What is asked of a tenant: the lists, searches and figures that people open. */
type Asked = { query: string; variables?: Record<string, unknown> }

const list = (noun: string, fields: string, args: Record<string, unknown> = {}): Asked => ({
  query: `query List($first: Int, $filter: ${nounOf[noun]}Filter, $orderBy: ${nounOf[noun]}Order) {
    ${noun}(first: $first, filter: $filter, orderBy: $orderBy) {
      edges { node { ${fields} } } pageInfo { hasNextPage endCursor } totalCount { count type }
    }
  }`,
  variables: { first: 20, ...args },
})
const nounOf: Record<string, string> = { alerts: 'Alert', assets: 'Asset', vulnerabilities: 'Vulnerability' }
const fields = {
  alerts: 'id title severity status createdAt asset { id name criticality }',
  assets: 'id name type criticality riskScore',
  vulnerabilities: 'id title severity status cveId asset { id name criticality }',
}
const order = (field: string, direction = 'DESC') => ({ orderBy: { field, direction } })
const stats = 'total open bySeverity { key count } byStatus { key count }'
const search = (noun: keyof typeof fields, text: string) =>
  list(noun, fields[noun], { filter: { search: text } })

export const shipped: Readonly<Record<'dashboard' | 'list' | 'search', readonly Asked[]>> = {
  dashboard: [
    {
      query: `query Dashboard {
        assetStats { total byType { key count } byCriticality { key count } }
        alertStats { ${stats} } vulnerabilityStats { ${stats} }
      }`,
    },
  ],
  list: [
    list('alerts', fields.alerts),
    list('alerts', fields.alerts, { filter: { status: ['OPEN'] }, ...order('SEVERITY') }),
    list('alerts', fields.alerts, { filter: { severity: ['CRITICAL', 'HIGH'], status: ['OPEN'] } }),
    list('vulnerabilities', fields.vulnerabilities),
    list('vulnerabilities', fields.vulnerabilities, {
      filter: { severity: ['CRITICAL'], status: ['OPEN', 'CONFIRMED'] },
    }),
    list('vulnerabilities', fields.vulnerabilities, order('LAST_SEEN_AT')),
    list('assets', fields.assets),
    list('assets', fields.assets, order('RISK_SCORE')),
  ],
  search: [
    search('alerts', 'Impossible travel'),
    search('alerts', 'c4ca42'),
    search('vulnerabilities', 'openssl'),
    search('vulnerabilities', 'CVE-2021-4422'),
    search('vulnerabilities', 'nothing-like-it'),
    search('assets', 'web-00'),
  ],
}

/** One list that the peers know too: the newest alerts, each with its asset. */
const newest = (id: string) =>
  `edges { node { ${id} title severity status createdAt asset { ${id} name criticality } } } pageInfo { hasNextPage }`
export const compared = {
  ours: { query: `{ alerts(first: 20) { ${newest('id')} } }` },
  handler: { query: '' },
  // Its own ids are others.
  postgraphile: {
    query: `{ alerts: allAlerts(first: 20, orderBy: [CREATED_AT_DESC]) { ${newest('id: rowId')} } }`,
  },
} satisfies Record<string, Asked>
