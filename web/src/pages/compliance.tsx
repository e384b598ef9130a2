import { getRouteApi, Link } from '@tanstack/react-router'
import { SearchX } from 'lucide-react'
import { ListFoot } from '../components/list-foot.tsx'
import { PageHead } from '../components/page-head.tsx'
import { PostureCard } from '../components/posture-card.tsx'
import { SearchBox } from '../components/search-box.tsx'
import { Failure, Notice, Skeleton } from '../components/states.tsx'
import { StatusTag } from '../components/status.tsx'
import { graphql } from '../graphql.ts'
import { usePagesOf } from '../pages-of.ts'

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
  const { q } = route.useSearch()
  const navigate = route.useNavigate()
  const list = usePagesOf(ComplianceQuery, { filter: { search: q } }, ({ controls }) => controls)
  const posture = list.first?.posture

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
        <SearchBox
          name="Search controls"
          value={q}
          onChange={(q) => navigate({ search: q === undefined ? {} : { q }, replace: true })}
        />
      </search>
      {list.error && list.nodes.length === 0 ? (
        <Failure error={list.error} retry={list.again} />
      ) : list.isLoading ? (
        <Skeleton />
      ) : list.nodes.length === 0 ? (
        <Notice Icon={SearchX} title="No control matches">
          No control has these words in its code or title.
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
            {list.nodes.map(({ id, code, title, section, status, parent }) => (
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
      <ListFoot list={list} />
    </>
  )
}
