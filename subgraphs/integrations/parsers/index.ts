import * as grype from './grype.ts'
import { decode, Misfit } from './json.ts'
import type { Report } from './report.ts'
import { ReportError } from './report.ts'
import * as sarif from './sarif.ts'
import * as trivy from './trivy.ts'

type Parser = {
  label: string
  /** Is it this format, by its structure alone? */
  detects: (root: unknown) => boolean
  /** May it be read as this format when somebody says that it is? */
  accepts: (root: unknown) => boolean
  parse: (root: unknown) => Report
}

const parsers = new Map<string, Parser>([
  ['trivy', trivy],
  ['grype', grype],
  ['sarif', sarif],
])

export const formats: readonly string[] = [...parsers.keys()]

/**
 * A scanner's report as findings. The format is told by its structure, or checked when named.
 * Throws ReportError, and nothing else, for a file that cannot be taken as a whole.
 */
export function parseReport(text: string, format?: string): Report {
  const named = format === undefined ? null : format.trim().toLowerCase()
  if (named !== null && !parsers.has(named))
    throw new ReportError(
      'REPORT_UNKNOWN_FORMAT',
      `"${named.slice(0, 40)}" is not a known format: ${formats.join(', ')}.`,
    )
  const root = decode(text, named)
  const found = formats.find((name) => parsers.get(name)!.detects(root)) ?? null
  const chosen = named ?? found
  const parser = chosen === null ? undefined : parsers.get(chosen)
  if (chosen === null || !parser)
    throw new ReportError(
      'REPORT_UNKNOWN_FORMAT',
      `The report has the structure of no known format: ${formats.join(', ')}.`,
    )
  if (!parser.accepts(root)) {
    const other = found === null ? '' : ` It looks like ${parsers.get(found)!.label}.`
    throw new ReportError('REPORT_WRONG_FORMAT', `The report is not ${parser.label}.${other}`, chosen)
  }
  try {
    return parser.parse(root)
  } catch (error) {
    if (error instanceof Misfit)
      throw new ReportError('REPORT_INVALID', `Not valid ${parser.label} at ${error.message}.`, chosen)
    if (error instanceof ReportError) throw new ReportError(error.code, error.message, chosen)
    throw error
  }
}
