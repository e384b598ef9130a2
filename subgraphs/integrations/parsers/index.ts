import { assemble, type Drafted } from './fold.ts'
import * as grype from './grype.ts'
import { decode, Misfit } from './json.ts'
import { Records, type Source, sourceOfText } from './records.ts'
import type { OpenReport, Report } from './report.ts'
import { ReportError } from './report.ts'
import * as sarif from './sarif.ts'
import { type Path, type Scanned, scan } from './scan.ts'
import * as trivy from './trivy.ts'

type Parser = {
  label: string
  /** Is it this format, by its structure alone? */
  detects: (root: unknown) => boolean
  /** May it be read as this format when somebody says that it is? */
  accepts: (root: unknown) => boolean
  parse: (root: unknown) => Drafted
}

const parsers = new Map<string, Parser>([
  ['trivy', trivy],
  ['grype', grype],
  ['sarif', sarif],
])

export const formats: readonly string[] = [...parsers.keys()]

/** What is read as a whole to say where it is wrong, in bytes. */
const wholeBytes = 16 << 20

/** Says what is wrong with a document that is no JSON; answers one that is, after all. */
function whole(source: Source, format: string | null, isCut: boolean): unknown {
  if (source.size <= wholeBytes) return decode(new TextDecoder().decode(source.read(0, source.size)), format)
  if (isCut)
    throw new ReportError(
      'REPORT_TRUNCATED',
      'The report ends in the middle of its JSON: it is truncated.',
      format,
    )
  throw new ReportError('REPORT_NOT_JSON', 'The report is not valid JSON.', format)
}

/** Puts a list of records where it stood. A document that has a key twice has no such place. */
function plant(root: unknown, path: Path, list: Records): boolean {
  let at = root as Record<string | number, unknown>
  for (const step of path.slice(0, -1)) {
    at = at?.[step] as typeof at
    if (typeof at !== 'object' || at === null) return false
  }
  const last = path.at(-1)!
  const isHere = Object.hasOwn(at, last) && Array.isArray(at[last])
  if (isHere) at[last] = list
  return isHere
}

function rootOf(source: Source, format: string | null, scanned: Scanned | 'cut' | 'odd'): unknown {
  if (typeof scanned === 'string') return whole(source, format, scanned === 'cut')
  try {
    const root = decode(scanned.rest, format)
    if (scanned.lists.every(({ path, ends }) => plant(root, path, new Records(source, ends)))) return root
  } catch (error) {
    if (!(error instanceof ReportError)) throw error
  }
  return whole(source, format, false)
}

/**
 * A scanner's report as findings, from its text. Throws ReportError, and nothing else, for a file that cannot be taken
 * as a whole.
 */
export function parseReport(text: string, format?: string): Report {
  const { findings, texts: _, checks, ...head } = openReport(sourceOfText(text), format)
  return { ...head, findings: [...findings()], checks: [...checks()] }
}

/**
 * A scanner's report, wherever it lies: all of it is read, and kept as far as there is room for all of its findings. The
 * format is told by its structure, or checked when named. `told` hears the bytes. Throws as `parseReport` does.
 * @param room in bytes
 */
export function openReport(
  source: Source,
  format?: string,
  told: (bytes: Buffer) => void = () => {},
  room = 0,
): OpenReport {
  const named = format === undefined ? null : format.trim().toLowerCase()
  if (named !== null && !parsers.has(named))
    throw new ReportError(
      'REPORT_UNKNOWN_FORMAT',
      `"${named.slice(0, 40)}" is not a known format: ${formats.join(', ')}.`,
    )
  const scanned = scan(source, told)
  const root = rootOf(source, named, scanned)
  try {
    return parsed(root, named, room)
  } catch (error) {
    // Found in a record that is no JSON; what is, is read as a whole.
    if (error instanceof SyntaxError) return parsed(whole(source, named, false), named, room)
    throw error
  }
}

function parsed(root: unknown, named: string | null, room: number): OpenReport {
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
    return assemble(parser.parse(root), room)
  } catch (error) {
    if (error instanceof Misfit)
      throw new ReportError('REPORT_INVALID', `Not valid ${parser.label} at ${error.message}.`, chosen)
    if (error instanceof ReportError) throw new ReportError(error.code, error.message, chosen)
    throw error
  }
}
