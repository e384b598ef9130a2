import { getRouteApi, Link } from '@tanstack/react-router'
import { SearchX } from 'lucide-react'
import { useEffect, useEffectEvent } from 'react'
import { FilterMenu } from '../components/filter-menu.tsx'
import { PageHead } from '../components/page-head.tsx'
import { PostureCard } from '../components/posture-card.tsx'
import { SearchBox } from '../components/search-box.tsx'
import { Failure, Notice, Skeleton } from '../components/states.tsx'
import { StatusTag } from '../components/status.tsx'
import { type ControlStatus, graphql } from '../graphql.ts'
import { usePagesOf } from '../pages-of.ts'
import { controlStatuses } from '../search.ts'

const ComplianceQuery = graphql(`
  query Compliance($filter: ControlFilter, $after: String, $isFirst: Boolean!) {
    controls(first: 100, after: $after, filter: $filter) {
      edges { node { id code title section status parent { id } } }
      pageInfo { hasNextPage endCursor }
      totalCount { count type }
    }
    posture @include(if: $isFirst) {
      framework { id name version }
      score coverage grade total applicable assessed passed warned failed notAssessed unmappedChecks
    }
    me @include(if: $isFirst) { id name email role organization { id name } }
  }
`)

const route = getRouteApi('/compliance')

/** How the organization stands against a framework, and the controls that this is made of. */
export function Compliance() {
  const { q, status } = route.useSearch()
  const navigate = route.useNavigate()
  const change = (part: { q?: string | undefined; status?: ControlStatus[] | undefined }) =>
    navigate({ search: (before) => ({ ...before, ...part }) as typeof before, replace: true })
  const list = usePagesOf(ComplianceQuery, { filter: { search: q } }, ({ controls }) => controls)
  const posture = list.first?.posture
  // A framework has some hundred controls, and what fails may be the last of them.
  const more = useEffectEvent(list.more)
  useEffect(() => {
    if (list.hasMore && !list.isLoadingMore) more()
  }, [list.hasMore, list.isLoadingMore])
  const shown = list.nodes.filter((control) => !status || status.includes(control.status))

  return (
    <>
      <PageHead
        title="Compliance"
        beside={
          posture && (
            <span className="kind">
              {posture.framework.name} {posture.framework.version}
            </span>
          )
        }
      />
      {posture && <PostureCard posture={posture} />}
      <search className="toolbar">
        <SearchBox name="Search controls" value={q} onChange={(q) => change({ q })} />
        <FilterMenu
          name="Status"
          values={controlStatuses}
          chosen={status}
          onChange={(status) => change({ status })}
          show={(value) => <StatusTag value={value} />}
        />
      </search>
      {list.error && list.nodes.length === 0 ? (
        <Failure error={list.error} retry={list.again} />
      ) : list.isLoading ? (
        <Skeleton />
      ) : shown.length === 0 && !list.hasMore ? (
        <Notice Icon={SearchX} title="No control matches">
          No control has all that you ask for. Take a filter away to see more.
        </Notice>
      ) : (
        <table className="list controls" aria-busy={list.isStale}>
          <thead>
            <tr>
              <th scope="col" className="c-code">
                Code
              </th>
              <th scope="col">Control</th>
              <th scope="col" className="c-status">
                Status
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ id, code, title, section, status, parent }) => (
              <tr key={id} className={parent ? '' : 'group'}>
                <td className="c-code">
                  <Link to="/compliance/$id" params={{ id }}>
                    {code}
                  </Link>
                </td>
                <td className="c-main">
                  <span className="title">{title}</span>
                  {!parent && section !== title && <span className="sub">{section}</span>}
                </td>
                <td className="c-status">
                  <StatusTag value={status} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}
