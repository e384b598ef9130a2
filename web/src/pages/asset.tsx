import { getRouteApi, Link } from '@tanstack/react-router'
import { BellRing, Compass, ShieldCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { useQuery } from 'urql'
import { AlertRow } from '../components/alert-row.tsx'
import { AssetIcon } from '../components/asset-link.tsx'
import { Facts } from '../components/facts.tsx'
import { FindingRow } from '../components/finding-row.tsx'
import { useCatchUp } from '../components/live-context.tsx'
import { PageHead } from '../components/page-head.tsx'
import { SeverityTag } from '../components/severity.tsx'
import { Failure, Notice, Skeleton } from '../components/states.tsx'
import { StatusTag } from '../components/status.tsx'
import { Time } from '../components/time.tsx'
import { graphql } from '../graphql.ts'
import { label, total } from '../labels.ts'

/** Four subgraphs answer it, each for its own part: a part that does not answer is null. */
const AssetQuery = graphql(`
  query Asset($id: ID!) {
    asset(id: $id) {
      id name type externalId environment criticality exposure dataClassification lifecycle
      firstSeenAt lastSeenAt
      alerts(first: 20) {
        totalCount { count type }
        edges {
          node {
            id severity status title description source occurrenceCount lastSeenAt acknowledgedAt
            assignee { id name email }
          }
        }
      }
      vulnerabilities(first: 50, filter: { status: [OPEN, CONFIRMED, IN_REMEDIATION, RISK_ACCEPTED] }) {
        totalCount { count type }
        edges {
          node {
            id severity status title cveId ruleId kind cvssScore fixedVersions dueAt lastSeenAt links
            component { name version }
            location { path line }
          }
        }
      }
      checkResults(first: 50, filter: { result: [FAIL, WARN, ERROR] }) {
        totalCount { count type }
        edges { node { id target result observedAt check { id title ruleId tool severity } } }
      }
    }
    me { id name email role organization { id name } }
  }
`)

const route = getRouteApi('/assets/$id')

/** One asset, and all that is known of it. */
export function Asset() {
  const { id } = route.useParams()
  const [{ data, error, fetching }, read] = useQuery({ query: AssetQuery, variables: { id } })
  const again = () => read({ requestPolicy: 'network-only' })
  useCatchUp(again, 2)
  const asset = data?.asset

  if (!asset && error)
    return (
      <>
        <PageHead title="Asset" />
        <Failure error={error} retry={again} />
      </>
    )
  if (!asset && fetching) return <Skeleton />
  if (!asset)
    return (
      <>
        <PageHead title="Asset" />
        <Notice Icon={Compass} title="There is no such asset">
          Its id is wrong, or it is gone, or it is not yours to see. <Link to="/assets">All assets</Link>
        </Notice>
      </>
    )

  const { alerts, vulnerabilities, checkResults } = asset
  return (
    <>
      <nav className="crumbs" aria-label="Where this page is">
        <Link to="/assets">Assets</Link>
      </nav>
      <PageHead
        title={asset.name}
        beside={
          <span className="kind">
            <AssetIcon type={asset.type} />
            {label(asset.type)}
          </span>
        }
      />
      <Facts
        facts={[
          ['Criticality', label(asset.criticality)],
          ['Exposure', label(asset.exposure)],
          ['Environment', label(asset.environment)],
          ['Data', label(asset.dataClassification)],
          ['Lifecycle', label(asset.lifecycle)],
          ['Name at its source', asset.externalId ?? '–'],
          ['First seen', <Time key="first" at={asset.firstSeenAt} />],
          ['Last seen', <Time key="last" at={asset.lastSeenAt} />],
        ]}
      />
      <Part name="Alerts" of={alerts} quiet={<Quiet Icon={BellRing}>No alert names this asset.</Quiet>}>
        <table className="list alerts part-of-asset">
          <Columns names={['Severity', 'Alert', 'Status', 'Last seen', '']} />
          <tbody>
            {alerts?.edges.map(({ node }) => (
              <AlertRow key={node.id} alert={node} isOnAsset />
            ))}
          </tbody>
        </table>
      </Part>
      <Part
        name="Open vulnerabilities"
        of={vulnerabilities}
        quiet={<Quiet Icon={ShieldCheck}>No scan has left an open finding here.</Quiet>}
      >
        <table className="list findings part-of-asset">
          <Columns names={['Severity', 'Finding', 'CVSS', 'Status', 'Due', 'Last seen']} />
          <tbody>
            {vulnerabilities?.edges.map(({ node }) => (
              <FindingRow key={node.id} finding={node} isOnAsset />
            ))}
          </tbody>
        </table>
      </Part>
      <Part
        name="Failing checks"
        of={checkResults}
        quiet={<Quiet Icon={ShieldCheck}>No check fails on this asset.</Quiet>}
      >
        <table className="list checks">
          <Columns names={['Severity', 'Check', 'Result', 'Observed']} />
          <tbody>
            {checkResults?.edges.map(({ node: { id, check, target, result, observedAt } }) => (
              <tr key={id}>
                <td className="c-severity">{check && <SeverityTag value={check.severity} />}</td>
                <td className="c-main">
                  <span className="title">{check?.title ?? 'A check that does not answer'}</span>
                  <span className="sub">
                    <span className="source">{check?.ruleId}</span>
                    {target}
                  </span>
                </td>
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
      </Part>
    </>
  )
}

const classes: Record<string, string> = {
  Severity: 'c-severity',
  Status: 'c-status',
  Result: 'c-status',
  'Last seen': 'c-time',
  Observed: 'c-time',
  Due: 'c-time',
  CVSS: 'c-number',
  '': 'c-action',
}

function Columns({ names }: { names: string[] }) {
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col" className={classes[name]}>
            {name || <span className="unseen">Action</span>}
          </th>
        ))}
      </tr>
    </thead>
  )
}

type Counted = { totalCount: { count: number; type: 'EXACT' | 'AT_LEAST' } } | null

/** One part of the page; when its subgraph is away the others stand all the same. */
function Part({
  name,
  of,
  quiet,
  children,
}: {
  name: string
  of: Counted
  quiet: ReactNode
  children: ReactNode
}) {
  return (
    <section className="part" aria-label={name}>
      <h2>
        {name}
        {of && <span className="count">{total(of.totalCount)}</span>}
      </h2>
      {of === null ? (
        <p className="blank bad">This part of Nexus does not answer at the moment.</p>
      ) : of.totalCount.count === 0 ? (
        quiet
      ) : (
        children
      )}
    </section>
  )
}

function Quiet({ Icon, children }: { Icon: typeof BellRing; children: ReactNode }) {
  return (
    <p className="blank">
      <Icon aria-hidden="true" />
      {children}
    </p>
  )
}
