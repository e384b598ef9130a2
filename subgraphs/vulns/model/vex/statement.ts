/** What is told of findings in VEX, whatever the format. */
import { createHash } from 'node:crypto'
import { statusAt } from '../../rules-lifecycle.ts'
import { versioned } from '../../rules-purl.ts'
import { saidAt, type Word } from '../../rules-vex.ts'
import type { VulnerabilityRow } from '../../tables.ts'

export type Statement = Word & {
  /** The id of the weakness, and the others that it is known by. */
  name: string
  aliases: readonly string[]
  component: { name: string; version: string | null } | null
  purl: string | null
  /** An IRI: the purl, or one of this house for what has none. */
  key: string
  /** Where it holds: on one asset, by its name; null wherever the purl is. */
  asset: string | null
  reason: string | null
  at: Date
  fixedVersions: readonly string[]
  remediation: string | null
}

/** What is beside the statements in a document. */
export type Head = { author: string; at: Date }

const said = (text: string) => encodeURIComponent(text)
export const assetIri = (name: string): string => `urn:nexus:asset:${said(name)}`
const assetPrefix = 'urn:nexus:asset:'

/** The name of an asset of this house that an IRI stands for; null for another one. */
export function assetOf(iri: string): string | null {
  if (!iri.startsWith(assetPrefix)) return null
  try {
    return decodeURIComponent(iri.slice(assetPrefix.length))
  } catch {
    return null
  }
}

type Found = Pick<VulnerabilityRow, 'component' | 'location' | 'ruleId'>

/** What stands for the component, or the place, of a finding that has no purl. */
export function placeIri({ component, location, ruleId }: Found): string {
  if (component) return `urn:nexus:component:${said(component.name)}@${said(component.version ?? '')}`
  return `urn:nexus:place:${said(location?.path ?? '')}#${said(ruleId ?? '')}`
}

/** The ids of a weakness, the one that it is told by first; none for what is no known weakness. */
export function namesOf({ cveId, aliases }: Pick<VulnerabilityRow, 'cveId' | 'aliases'>): string[] {
  return [...new Set([...(cveId ? [cveId] : []), ...aliases.toSorted()])]
}

/** What one finding says at a time; null for what is no known weakness. */
export function statementOf(
  row: VulnerabilityRow,
  assets: ReadonlyMap<string, string>,
  at: Date,
): Statement | null {
  const [name, ...aliases] = namesOf(row)
  if (!name) return null
  const { component } = row
  const purl = component?.purl ? versioned(component.purl, component.version) : null
  return {
    name,
    aliases,
    component: component && { name: component.name, version: component.version },
    purl,
    key: purl ?? placeIri(row),
    asset: assets.get(row.assetId) ?? row.assetId,
    status: statusAt(row, at),
    justification: row.justification,
    resolution: row.resolution,
    reason: row.statusReason,
    at: saidAt(row),
    fixedVersions: row.fixedVersions,
    remediation: row.remediation,
  }
}

const verdictOf = ({ status, justification, resolution, reason }: Statement) =>
  JSON.stringify([status, justification, resolution, reason])
const latest = (of: readonly Statement[]): Statement =>
  of.reduce((one, other) => (other.at > one.at ? other : one))

/** By code units: the same order on every machine. */
const order = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

/**
 * Says once what holds wherever a purl is, and by assets what differs between them, in an order that is the same for
 * the same findings.
 */
export function gathered(statements: readonly Statement[]): Statement[] {
  const byPlace = Map.groupBy(statements, ({ name, key }) => `${name} ${key}`)
  const told = [...byPlace.values()].flatMap((of): Statement[] => {
    const verdicts = new Set(of.map(verdictOf))
    if (of[0]!.purl && verdicts.size === 1) return [{ ...latest(of), asset: null }]
    return [...Map.groupBy(of, (each) => each.asset).values()].map(latest)
  })
  return told.sort(
    (one, other) =>
      order(one.name, other.name) || order(one.key, other.key) || order(one.asset ?? '', other.asset ?? ''),
  )
}

/** A UUID that follows from a text: the same document has the same one. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** What is to be done about what is exploitable. */
export function actionOf({ name, component, fixedVersions, remediation }: Statement): string {
  if (fixedVersions.length > 0)
    return `Update ${component?.name ?? 'it'} to ${fixedVersions.join(' or ')} or later.`
  return remediation?.trim() || `See what is known of ${name}: no version with a fix is known here.`
}
