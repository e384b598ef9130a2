import { getRouteApi } from '@tanstack/react-router'
import { Boxes } from 'lucide-react'
import { AssetLink } from '../components/asset-link.tsx'
import { FilterMenu } from '../components/filter-menu.tsx'
import { List } from '../components/list.tsx'
import { PageHead } from '../components/page-head.tsx'
import { SearchBox } from '../components/search-box.tsx'
import { Sort } from '../components/sort.tsx'
import { Time } from '../components/time.tsx'
import { Toolbar } from '../components/toolbar.tsx'
import { graphql, type ResultOf } from '../graphql.ts'
import { label, total } from '../labels.ts'
import { usePagesOf } from '../pages-of.ts'
import { type assetOrders, criticalities, exposures } from '../search.ts'

const AssetsQuery = graphql(`
  query Assets($filter: AssetFilter, $orderBy: AssetOrder, $after: String, $isFirst: Boolean!) {
    assets(first: 50, after: $after, filter: $filter, orderBy: $orderBy) {
      edges {
        node {
          id name type externalId environment criticality exposure lastSeenAt openVulnerabilityCount
        }
      }
      pageInfo { hasNextPage endCursor }
      totalCount { count type }
    }
    me @include(if: $isFirst) { id name email role organization { id name } }
  }
`)

const orders: Record<(typeof assetOrders)[number], string> = {
  NAME: 'Name',
  LAST_SEEN_AT: 'Last seen',
}

const columns = [
  ['Asset'],
  ['Environment', 'c-word'],
  ['Criticality', 'c-word'],
  ['Exposure', 'c-word'],
  ['Open findings', 'c-number'],
  ['Last seen', 'c-time'],
] as const
const nothing = {
  Icon: Boxes,
  title: 'No assets yet',
  text: 'The first imported report adds what it is about.',
}

type Listed = ResultOf<typeof AssetsQuery>['assets']['edges'][number]['node']

const route = getRouteApi('/assets')

export function Assets() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = (part: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  const field = search.sort ?? 'NAME'
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
      <Toolbar isFiltered={isFiltered} onClear={() => navigate({ search: {}, replace: true })}>
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
      </Toolbar>
      <List
        list={list}
        of="asset"
        columns={columns}
        isFiltered={isFiltered}
        nothing={nothing}
        row={(asset) => <AssetRow key={asset.id} asset={asset} />}
      />
    </>
  )
}

function AssetRow({ asset }: { asset: Listed }) {
  return (
    <tr>
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
      <td className="c-time" data-name="Last seen">
        <Time at={asset.lastSeenAt} />
      </td>
    </tr>
  )
}
