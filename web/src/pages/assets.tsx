import { getRouteApi } from '@tanstack/react-router'
import { Boxes, SearchX } from 'lucide-react'
import { AssetLink } from '../components/asset-link.tsx'
import { FilterMenu } from '../components/filter-menu.tsx'
import { ListFoot } from '../components/list-foot.tsx'
import { PageHead } from '../components/page-head.tsx'
import { Risk } from '../components/risk.tsx'
import { SearchBox } from '../components/search-box.tsx'
import { Sort } from '../components/sort.tsx'
import { Failure, Notice, Skeleton } from '../components/states.tsx'
import { Time } from '../components/time.tsx'
import { graphql } from '../graphql.ts'
import { label, total } from '../labels.ts'
import { usePagesOf } from '../pages-of.ts'
import { type assetOrders, criticalities, exposures } from '../search.ts'

const AssetsQuery = graphql(`
  query Assets($filter: AssetFilter, $orderBy: AssetOrder, $after: String, $isFirst: Boolean!) {
    assets(first: 50, after: $after, filter: $filter, orderBy: $orderBy) {
      edges {
        node {
          id name type externalId environment criticality exposure riskScore lastSeenAt openVulnerabilityCount
        }
      }
      pageInfo { hasNextPage endCursor }
      totalCount { count type }
    }
    me @include(if: $isFirst) { id name email role organization { id name } }
  }
`)

const orders: Record<(typeof assetOrders)[number], string> = {
  RISK_SCORE: 'Risk',
  NAME: 'Name',
  LAST_SEEN_AT: 'Last seen',
}

const route = getRouteApi('/assets')

export function Assets() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = (part: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  const field = search.sort ?? 'RISK_SCORE'
  const list = usePagesOf(
    AssetsQuery,
    {
      filter: { criticality: search.criticality, exposure: search.exposure, search: search.q },
      orderBy: { field, direction: field === 'NAME' ? 'ASC' : 'DESC' },
    },
    ({ assets }) => assets,
  )
  const isFiltered =
    search.criticality !== undefined || search.exposure !== undefined || search.q !== undefined

  return (
    <>
      <PageHead title="Assets" {...(list.total && { count: total(list.total) })} />
      <search className="toolbar">
        <SearchBox name="Search assets" value={search.q} onChange={(q) => change({ q })} />
        <FilterMenu
          name="Criticality"
          values={criticalities}
          chosen={search.criticality}
          onChange={(criticality) => change({ criticality })}
        />
        <FilterMenu
          name="Exposure"
          values={exposures}
          chosen={search.exposure}
          onChange={(exposure) => change({ exposure })}
        />
        <Sort names={orders} value={field} onChange={(sort) => change({ sort })} />
      </search>
      {list.error && list.nodes.length === 0 ? (
        <Failure error={list.error} retry={list.again} />
      ) : list.isLoading ? (
        <Skeleton />
      ) : list.nodes.length === 0 ? (
        <Notice Icon={isFiltered ? SearchX : Boxes} title={isFiltered ? 'No asset matches' : 'No assets yet'}>
          {isFiltered
            ? 'No asset of your organization has all that you ask for. Take a filter away to see more.'
            : 'The first imported report adds what it is about.'}
        </Notice>
      ) : (
        <table className="list assets" aria-busy={list.isStale}>
          <thead>
            <tr>
              <th scope="col">Asset</th>
              <th scope="col" className="c-word">
                Environment
              </th>
              <th scope="col" className="c-word">
                Criticality
              </th>
              <th scope="col" className="c-word">
                Exposure
              </th>
              <th scope="col" className="c-number">
                Open findings
              </th>
              <th scope="col" className="c-risk">
                Risk
              </th>
              <th scope="col" className="c-time">
                Last seen
              </th>
            </tr>
          </thead>
          <tbody>
            {list.nodes.map((asset) => (
              <tr key={asset.id}>
                <td className="c-main">
                  <AssetLink asset={asset} />
                  <span className="sub">
                    <span className="source">{label(asset.type)}</span>
                    {asset.externalId}
                  </span>
                </td>
                <td className="c-word" data-name="Environment">
                  {label(asset.environment)}
                </td>
                <td className="c-word" data-name="Criticality">
                  {label(asset.criticality)}
                </td>
                <td className="c-word" data-name="Exposure">
                  {label(asset.exposure)}
                </td>
                <td className="c-number" data-name="Open findings">
                  {asset.openVulnerabilityCount ?? '–'}
                </td>
                <td className="c-risk" data-name="Risk">
                  <Risk score={asset.riskScore} />
                </td>
                <td className="c-time" data-name="Last seen">
                  <Time at={asset.lastSeenAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <ListFoot list={list} />
    </>
  )
}
