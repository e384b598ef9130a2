import { ExternalLink } from 'lucide-react'
import type { AssetType, Severity, VulnerabilityStatus } from '../graphql.ts'
import { AssetLink } from './asset-link.tsx'
import { SeverityTag } from './severity.tsx'
import { StatusTag } from './status.tsx'
import { Time } from './time.tsx'

export type ShownFinding = {
  id: string
  severity: Severity
  status: VulnerabilityStatus
  title: string
  cveId: string | null
  ruleId: string | null
  cvssScore: number | null
  fixedVersions: string[]
  dueAt: string | null
  lastSeenAt: string
  links: string[]
  component: { name: string; version: string | null } | null
  location: { path: string; line: number | null } | null
  asset?: { id: string; name: string; type: AssetType } | null
}

export function FindingRow({ finding, isOnAsset = false }: { finding: ShownFinding; isOnAsset?: boolean }) {
  const { severity, status, title, cvssScore, dueAt, lastSeenAt, asset } = finding
  const id = finding.cveId ?? finding.ruleId
  return (
    <tr>
      <td className="c-severity">
        <SeverityTag value={severity} />
      </td>
      <td className="c-main">
        <span className="title">
          <Name id={id} link={finding.links[0]} />{' '}
          {id && title.startsWith(id) ? title.slice(id.length) : title}
        </span>
        <span className="sub">
          <Place {...finding} />
        </span>
      </td>
      {!isOnAsset && (
        <td className="c-asset">
          {asset ? <AssetLink asset={asset} /> : <span className="nothing">None</span>}
        </td>
      )}
      <td className="c-number" data-name="CVSS">
        {cvssScore === null ? <span className="nothing">–</span> : cvssScore.toFixed(1)}
      </td>
      <td className="c-status">
        <StatusTag value={status} />
      </td>
      <td className="c-time" data-name="Due">
        {dueAt === null ? <span className="nothing">–</span> : <Time at={dueAt} />}
      </td>
      <td className="c-time" data-name="Seen">
        <Time at={lastSeenAt} />
      </td>
    </tr>
  )
}

// Links come from reports, which anybody may have written.
const isWeb = (link: string | undefined): link is string => /^https?:\/\//i.test(link ?? '')

function Name({ id, link }: { id: string | null; link: string | undefined }) {
  if (id === null) return null
  if (!isWeb(link)) return <code>{id}</code>
  return (
    <a href={link} target="_blank" rel="noreferrer noopener" className="advisory" title={link}>
      <code>{id}</code>
      <ExternalLink role="img" aria-label="opens in a new tab" />
    </a>
  )
}

function Place({ component, location, fixedVersions }: ShownFinding) {
  const [fixed, ...more] = fixedVersions
  if (component)
    return (
      <>
        <span className="source">
          {component.name} {component.version}
        </span>
        {fixed && `Fixed in ${fixed}${more.length > 0 ? ` and ${more.length} more` : ''}`}
      </>
    )
  if (location) return `${location.path}${location.line === null ? '' : `:${location.line}`}`
  return null
}
