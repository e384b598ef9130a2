import { getRouteApi } from '@tanstack/react-router'
import { ArrowDownWideNarrow, ArrowUpNarrowWide, ShieldCheck } from 'lucide-react'
import { FilterMenu } from '../components/filter-menu.tsx'
import { FindingRow } from '../components/finding-row.tsx'
import { ImportButton, ImportRuns, useImports } from '../components/imports.tsx'
import { List } from '../components/list.tsx'
import { PageHead } from '../components/page-head.tsx'
import { SearchBox } from '../components/search-box.tsx'
import { SeverityTag } from '../components/severity.tsx'
import { SeverityCounts } from '../components/severity-counts.tsx'
import { Sort } from '../components/sort.tsx'
import { Toolbar } from '../components/toolbar.tsx'
import { graphql } from '../graphql.ts'
import { total } from '../labels.ts'
import { usePagesOf } from '../pages-of.ts'
import { severities, type vulnerabilityOrders, vulnerabilityStatuses } from '../search.ts'

const VulnerabilitiesQuery = graphql(`
  query Vulnerabilities($filter: VulnerabilityFilter, $orderBy: VulnerabilityOrder, $after: String, $isFirst: Boolean!) {
    vulnerabilities(first: 50, after: $after, filter: $filter, orderBy: $orderBy) {
      edges {
        node {
          id severity status title cveId ruleId kind cvssScore fixedVersions dueAt lastSeenAt links
          component { name version }
          location { path line }
          asset { id name type }
        }
      }
      pageInfo { hasNextPage endCursor }
      totalCount { count type }
    }
    vulnerabilityStats @include(if: $isFirst) { total open bySeverity { key count } }
    me @include(if: $isFirst) { id name email role organization { id name } }
  }
`)

const orders: Record<(typeof vulnerabilityOrders)[number], string> = {
  SEVERITY: 'Severity',
  CVSS_SCORE: 'CVSS score',
  LAST_SEEN_AT: 'Last seen',
  CREATED_AT: 'Found',
}

const columns = [
  ['Severity', 'c-severity'],
  ['Finding'],
  ['Asset', 'c-asset'],
  ['CVSS', 'c-number'],
  ['Status', 'c-status'],
  ['Due', 'c-time'],
  ['Last seen', 'c-time'],
] as const
const nothing = {
  Icon: ShieldCheck,
  title: 'No findings yet',
  text: 'Import a scanner’s report: drop it anywhere on this page.',
}

const route = getRouteApi('/vulnerabilities')

export function Vulnerabilities() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = (part: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  const field = search.sort ?? 'SEVERITY'
  const direction = search.direction ?? 'DESC'
  const list = usePagesOf(
    VulnerabilitiesQuery,
    {
      filter: { severity: search.severity, status: search.status, search: search.q },
      orderBy: { field, direction },
    },
    ({ vulnerabilities }) => vulnerabilities,
  )
  const imports = useImports(list.again)
  const isFiltered = search.severity !== undefined || search.status !== undefined || search.q !== undefined
  const stats = list.first?.vulnerabilityStats
  const Direction = direction === 'DESC' ? ArrowDownWideNarrow : ArrowUpNarrowWide

  return (
    <>
      <PageHead title="Vulnerabilities" {...(list.total && { count: total(list.total) })}>
        <ImportButton imports={imports} />
      </PageHead>
      <ImportRuns imports={imports} />
      {stats && stats.open > 0 && (
        <SeverityCounts
          counts={stats.bySeverity}
          chosen={search.severity}
          onChange={(severity) => change({ severity })}
        />
      )}
      <Toolbar isFiltered={isFiltered} onClear={() => navigate({ search: {}, replace: true })}>
        <SearchBox name="Search title or CVE" value={search.q} onChange={(q) => change({ q })} />
        <FilterMenu
          name="Severity"
          values={severities}
          chosen={search.severity}
          onChange={(severity) => change({ severity })}
          show={(value) => <SeverityTag value={value} />}
        />
        <FilterMenu
          name="Status"
          values={vulnerabilityStatuses}
          chosen={search.status}
          onChange={(status) => change({ status })}
        />
        <Sort names={orders} value={field} onChange={(sort) => change({ sort })} />
        <button
          type="button"
          className="icon-button framed"
          aria-label={direction === 'DESC' ? 'Highest first' : 'Lowest first'}
          title={direction === 'DESC' ? 'Highest first' : 'Lowest first'}
          onClick={() => change({ direction: direction === 'DESC' ? 'ASC' : undefined })}
        >
          <Direction aria-hidden="true" />
        </button>
      </Toolbar>
      <List
        list={list}
        of="finding"
        columns={columns}
        isFiltered={isFiltered}
        nothing={nothing}
        row={(finding) => <FindingRow key={finding.id} finding={finding} />}
      />
    </>
  )
}
