import { getRouteApi } from '@tanstack/react-router'
import { ArrowDownWideNarrow, ArrowUpNarrowWide, SearchX, ShieldCheck } from 'lucide-react'
import { FilterMenu } from '../components/filter-menu.tsx'
import { FindingRow } from '../components/finding-row.tsx'
import { ImportButton, ImportRuns, useImports } from '../components/imports.tsx'
import { ListFoot } from '../components/list-foot.tsx'
import { PageHead } from '../components/page-head.tsx'
import { SearchBox } from '../components/search-box.tsx'
import { SeverityTag } from '../components/severity.tsx'
import { SeverityCounts } from '../components/severity-counts.tsx'
import { Sort } from '../components/sort.tsx'
import { Failure, Notice, Skeleton } from '../components/states.tsx'
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
      <search className="toolbar">
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
        {isFiltered && (
          <button
            type="button"
            className="button plain"
            onClick={() => navigate({ search: {}, replace: true })}
          >
            Clear
          </button>
        )}
      </search>
      {list.error && list.nodes.length === 0 ? (
        <Failure error={list.error} retry={list.again} />
      ) : list.isLoading ? (
        <Skeleton />
      ) : list.nodes.length === 0 ? (
        <Notice
          Icon={isFiltered ? SearchX : ShieldCheck}
          title={isFiltered ? 'No finding matches' : 'No findings yet'}
        >
          {isFiltered
            ? 'No finding of your organization has all that you ask for. Take a filter away to see more.'
            : 'Import a scanner’s report: drop it anywhere on this page.'}
        </Notice>
      ) : (
        <table className="list findings" aria-busy={list.isStale}>
          <thead>
            <tr>
              <th scope="col" className="c-severity">
                Severity
              </th>
              <th scope="col">Finding</th>
              <th scope="col" className="c-asset">
                Asset
              </th>
              <th scope="col" className="c-number">
                CVSS
              </th>
              <th scope="col" className="c-status">
                Status
              </th>
              <th scope="col" className="c-time">
                Due
              </th>
              <th scope="col" className="c-time">
                Last seen
              </th>
            </tr>
          </thead>
          <tbody>
            {list.nodes.map((finding) => (
              <FindingRow key={finding.id} finding={finding} />
            ))}
          </tbody>
        </table>
      )}
      <ListFoot list={list} />
    </>
  )
}
