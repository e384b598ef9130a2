import type { Json } from './json.ts'
import { each, line, number, object, text } from './json.ts'
import type { Run } from './sarif-run.ts'
import { canonicalPath, clean, digest } from './text.ts'

/** One place of a result, with what tells it from others of the same rule and file. */
export type Spot = {
  path: string | null
  line: number | null
  column: number
  symbol: string
  snippet: string
}

/** One spot a location, at least one a result: a tool that lists several means several places to mend. */
export function spotsOf(result: Json, at: string, run: Run): Spot[] {
  const spots = each(result, 'locations', at).map(([location, path]) => spot(location, path, run))
  if (spots.length > 0) return spots
  const target = object(result, 'analysisTarget', at)
  const path = target && pathOf(target, `${at}.analysisTarget`, run)
  return [{ path, line: null, column: 0, symbol: '', snippet: '' }]
}

function spot(location: Json, at: string, run: Run): Spot {
  const physical = object(location, 'physicalLocation', at)
  const where = `${at}.physicalLocation`
  const artifact = physical && object(physical, 'artifactLocation', where)
  const region = physical && object(physical, 'region', where)
  const snippet = region && object(region, 'snippet', `${where}.region`)
  const code = snippet && text(snippet, 'text', `${where}.region.snippet`)
  return {
    path: artifact && pathOf(artifact, `${where}.artifactLocation`, run),
    line: region && line(region, 'startLine', `${where}.region`),
    column: (region && line(region, 'startColumn', `${where}.region`)) ?? 0,
    symbol: symbolOf(location, at, run),
    snippet: code ? digest(code) : '',
  }
}

function symbolOf(location: Json, at: string, run: Run): string {
  const names = each(location, 'logicalLocations', at).map(([logical, path]) => {
    const index = number(logical, 'index', path)
    const table =
      index !== null && Array.isArray(run.json.logicalLocations) ? run.json.logicalLocations[index] : null
    const shared = typeof table === 'object' && table !== null ? (table as Json) : null
    for (const from of [logical, shared])
      for (const name of ['fullyQualifiedName', 'decoratedName', 'name']) {
        const found = from && text(from, name, path, 2000)
        if (found) return found
      }
    return ''
  })
  return names.filter(Boolean).sort().join(', ')
}

function pathOf(artifact: Json, at: string, run: Run): string | null {
  const index = number(artifact, 'index', at)
  const listed = index === null ? undefined : run.artifacts[index]
  const shared = listed && object(listed[0], 'location', listed[1])
  const uri =
    text(artifact, 'uri', at, 4000) ?? (shared ? text(shared, 'uri', `${listed[1]}.location`, 4000) : null)
  return uri === null ? null : sourcePath(uri, run.roots)
}

/** `src/app.ts` for every spelling of it: below a source root, as a file URI, with backslashes, with `./`. */
function sourcePath(uri: string, roots: readonly string[]): string | null {
  const root = roots.find((prefix) => uri.startsWith(prefix))
  const local = root ? uri.slice(root.length) : uri
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(local) && !/^file:/i.test(local)) return local
  // A UNC host is part of the name, localhost is not.
  const plain = local.replace(/^file:\/\/localhost(?=\/)/i, '').replace(/^file:\/{0,2}/i, '')
  const [path = ''] = local === uri && !/^file:/i.test(uri) ? [plain] : plain.split(/[?#]/, 1)
  return clean(canonicalPath(decoded(path)), 2000) || null
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/**
 * What the tool itself declares stable about a result. One hash a name, the lowest version of it; a column is a
 * place, and a text with spaces is a notice ("requires login"), no fingerprint.
 */
export function fingerprintOf(result: Json, at: string): string {
  for (const list of ['fingerprints', 'partialFingerprints']) {
    const prints = object(result, list, at)
    if (!prints) continue
    const usable = Object.keys(prints)
      .sort((a, b) => (a < b ? -1 : 1))
      .flatMap((name) => {
        const value = text(prints, name, `${at}.${list}`, 1000)
        return value && !/\s/.test(value) && value.length > 3 && !/column|linenumber|startline/i.test(name)
          ? [{ name, value }]
          : []
      })
    const github = usable.find(({ name }) => name.startsWith('primaryLocationLineHash'))
    const first = new Map<string, string>()
    for (const { name, value } of github ? [github] : usable) {
      const stem = name.replace(/\/v?\d+$/, '')
      if (!first.has(stem)) first.set(stem, value)
    }
    if (first.size > 0) return [...first].map(([name, value]) => `${name}=${value}`).join(',')
  }
  return ''
}
