/** Findings as a VEX document. */
import { found } from '#kit/bulk/choose.ts'
import type { Trx } from '#kit/database.ts'
import { invalid, NexusError } from '#kit/errors.ts'
import type { Filter } from '#kit/filter.ts'
import type { ListSpec } from '#kit/page.ts'
import type { VexFormat } from '../../rules-vex.ts'
import type { Tables, VulnerabilityRow } from '../../tables.ts'
import * as vulnerabilities from '../vulnerability.ts'
import { cyclonedx } from './cyclonedx.ts'
import { openvex } from './openvex.ts'
import { gathered, statementOf } from './statement.ts'

/** Of one document. */
export const mostFindings = 10_000
const chunk = 1_000

export type VexDocument = {
  format: VexFormat
  mediaType: string
  fileName: string
  document: string
  statements: number
  findings: number
  leftOut: number
}

/** OpenVEX has no media type of its own. */
const kinds: Record<VexFormat, { mediaType: string; fileName: string }> = {
  openvex: { mediaType: 'application/json', fileName: 'nexus.openvex.json' },
  cyclonedx: {
    mediaType: 'application/vnd.cyclonedx+json; version=1.6',
    fileName: 'nexus.vex.cdx.json',
  },
}

/** The findings that a filter finds, each as it is. Throws VALIDATION_ERROR for more than 10,000. */
export async function findingsFor(
  trx: Trx<Tables>,
  spec: ListSpec,
  filter: Filter,
): Promise<VulnerabilityRow[]> {
  const ids = await found(trx, { spec, filter }, mostFindings + 1)
  if (ids.length > mostFindings)
    throw invalid('filter', `More than ${mostFindings} findings: narrow it, by assets or by status`)
  const rows: VulnerabilityRow[] = []
  for (let from = 0; from < ids.length; from += chunk)
    rows.push(...(await vulnerabilities.find(trx, ids.slice(from, from + chunk))))
  // What is part of another finding is told by that one.
  return rows.filter(({ mergedInto }) => mergedInto === null)
}

const byId = (one: VulnerabilityRow, other: VulnerabilityRow) => (one.id < other.id ? -1 : 1)

/**
 * What findings are called in a format. What has no id that others know is left out, and counted. Throws
 * NOTHING_TO_EXPORT where nothing is left, and the format wants something.
 */
export function documentOf(
  rows: readonly VulnerabilityRow[],
  {
    format,
    author,
    assets,
    at,
  }: {
    format: VexFormat
    author: string
    /** The names of assets, by their ids. */
    assets: ReadonlyMap<string, string>
    at: Date
  },
): VexDocument {
  const told = rows.toSorted(byId).flatMap((row) => statementOf(row, assets, at) ?? [])
  const statements = gathered(told)
  if (statements.length === 0 && format === 'openvex')
    throw new NexusError(
      'NOTHING_TO_EXPORT',
      'No finding here has an id that others know, and OpenVEX has no document without a statement',
    )
  const write = format === 'openvex' ? openvex : cyclonedx
  return {
    format,
    ...kinds[format],
    document: write(statements, { author, at }),
    statements: statements.length,
    findings: told.length,
    leftOut: rows.length - told.length,
  }
}
