import { getRouteApi } from '@tanstack/react-router'
import { BellRing } from 'lucide-react'
import { AlertRow } from '../components/alert-row.tsx'
import { FilterMenu } from '../components/filter-menu.tsx'
import { List } from '../components/list.tsx'
import { useCatchUp } from '../components/live-context.tsx'
import { PageHead } from '../components/page-head.tsx'
import { SearchBox } from '../components/search-box.tsx'
import { SeverityTag } from '../components/severity.tsx'
import { SeverityCounts } from '../components/severity-counts.tsx'
import { Toolbar } from '../components/toolbar.tsx'
import { graphql } from '../graphql.ts'
import { total } from '../labels.ts'
import { usePagesOf } from '../pages-of.ts'
import { alertStatuses, severities } from '../search.ts'

const AlertsQuery = graphql(`
  query Alerts($filter: AlertFilter, $after: String, $isFirst: Boolean!) {
    alerts(first: 50, after: $after, filter: $filter, orderBy: { field: LAST_SEEN_AT, direction: DESC }) {
      edges {
        node {
          id severity status title description source occurrenceCount lastSeenAt acknowledgedAt
          asset { id name type }
          assignee { id name email }
        }
      }
      pageInfo { hasNextPage endCursor }
      totalCount { count type }
    }
    alertStats @include(if: $isFirst) { total open bySeverity { key count } }
    me @include(if: $isFirst) { id name email role organization { id name } }
  }
`)

const columns = [
  ['Severity', 'c-severity'],
  ['Alert'],
  ['Asset', 'c-asset'],
  ['Status', 'c-status'],
  ['Last seen', 'c-time'],
  ['Action', 'c-action', 'unseen'],
] as const
const nothing = {
  Icon: BellRing,
  title: 'All quiet',
  text: 'Nothing has raised an alert yet. Alerts show here as soon as a detection sees something.',
}

const route = getRouteApi('/alerts')

export function Alerts() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = (part: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  const list = usePagesOf(
    AlertsQuery,
    { filter: { severity: search.severity, status: search.status, search: search.q } },
    ({ alerts }) => alerts,
  )
  useCatchUp(list.again, 1)
  const isFiltered = Object.keys(search).length > 0
  const stats = list.first?.alertStats

  return (
    <>
      <PageHead title="Alerts" {...(list.total && { count: total(list.total) })} />
      {stats && stats.open > 0 && (
        <SeverityCounts
          counts={stats.bySeverity}
          chosen={search.severity}
          onChange={(severity) => change({ severity })}
        />
      )}
      <Toolbar isFiltered={isFiltered} onClear={() => navigate({ search: {}, replace: true })}>
        <SearchBox name="Search alerts" value={search.q} onChange={(q) => change({ q })} />
        <FilterMenu
          name="Severity"
          values={severities}
          chosen={search.severity}
          onChange={(severity) => change({ severity })}
          show={(value) => <SeverityTag value={value} />}
        />
        <FilterMenu
          name="Status"
          values={alertStatuses}
          chosen={search.status}
          onChange={(status) => change({ status })}
        />
      </Toolbar>
      <List
        list={list}
        of="alert"
        columns={columns}
        isFiltered={isFiltered}
        nothing={nothing}
        row={(alert) => <AlertRow key={alert.id} alert={alert} />}
      />
    </>
  )
}
