import { getRouteApi, Link } from '@tanstack/react-router'
import { Compass, ShieldCheck } from 'lucide-react'
import { AssetLink } from '../components/asset-link.tsx'
import { ListFoot } from '../components/list-foot.tsx'
import { PageHead } from '../components/page-head.tsx'
import { SeverityTag } from '../components/severity.tsx'
import { Failure, Notice, Skeleton } from '../components/states.tsx'
import { StatusTag } from '../components/status.tsx'
import { Time } from '../components/time.tsx'
import { graphql } from '../graphql.ts'
import { usePagesOf } from '../pages-of.ts'

const ControlQuery = graphql(`
  query Control($id: ID!, $after: String, $isFirst: Boolean!) {
    control(id: $id) {
      id code title section status
      framework { id name version }
      parent { id code title }
      failures(first: 50, after: $after) {
        edges { node { id target result observedAt asset { id name type } check { id title ruleId tool severity } } }
        pageInfo { hasNextPage endCursor }
        totalCount { count type }
      }
    }
    me @include(if: $isFirst) { id name email role organization { id name } }
  }
`)

const none = {
  edges: [],
  pageInfo: { hasNextPage: false, endCursor: null },
  totalCount: { count: 0, type: 'EXACT' as const },
}

const route = getRouteApi('/compliance/$id')

/** One control, and what fails in it: the check, the asset, and the place. */
export function Control() {
  const { id } = route.useParams()
  const list = usePagesOf(ControlQuery, { id }, ({ control }) => control?.failures ?? none)
  const control = list.first?.control

  if (!control)
    return (
      <>
        <PageHead title="Control" />
        {list.error ? (
          <Failure error={list.error} retry={list.again} />
        ) : list.isLoading ? (
          <Skeleton />
        ) : (
          <Notice Icon={Compass} title="There is no such control">
            Its id is wrong. <Link to="/compliance">All controls</Link>
          </Notice>
        )}
      </>
    )
  const { code, title, section, status, framework, parent } = control
  return (
    <>
      <nav className="crumbs" aria-label="Where this page is">
        <Link to="/compliance">Compliance</Link>
        {parent && (
          <Link to="/compliance/$id" params={{ id: parent.id }}>
            {parent.code}
          </Link>
        )}
      </nav>
      <PageHead title={code} beside={<StatusTag value={status} />} />
      <p className="lead">
        {title}
        <span className="sub">
          {framework?.name} {framework?.version} · {section}
        </span>
      </p>
      {list.nodes.length === 0 ? (
        <Notice
          Icon={ShieldCheck}
          title={status === 'NOT_ASSESSED' ? 'Nobody has looked yet' : 'Nothing fails here'}
        >
          {status === 'NOT_ASSESSED'
            ? 'No check that speaks for this control has a result. Import a report of a scanner that has one.'
            : 'Every check that speaks for this control passes.'}
        </Notice>
      ) : (
        <table className="list failures">
          <thead>
            <tr>
              <th scope="col" className="c-severity">
                Severity
              </th>
              <th scope="col">Check</th>
              <th scope="col" className="c-asset">
                Asset
              </th>
              <th scope="col" className="c-status">
                Result
              </th>
              <th scope="col" className="c-time">
                Observed
              </th>
            </tr>
          </thead>
          <tbody>
            {list.nodes.map(({ id, check, asset, target, result, observedAt }) => (
              <tr key={id}>
                <td className="c-severity">{check && <SeverityTag value={check.severity} />}</td>
                <td className="c-main">
                  <span className="title">{check?.title}</span>
                  <span className="sub">
                    <span className="source">{check?.ruleId}</span>
                    {target}
                  </span>
                </td>
                <td className="c-asset">{asset && <AssetLink asset={asset} />}</td>
                <td className="c-status">
                  <StatusTag value={result} />
                </td>
                <td className="c-time">
                  <Time at={observedAt} />
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
