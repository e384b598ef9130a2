import { bareScore, cvssOf } from './cvss.ts'
import type { Draft, Drafted, Told } from './fold.ts'
import { imageIdentifiers } from './identity.ts'
import type { Json } from './json.ts'
import { asObject, each, isObject, Misfit, object, required, strings, text, through } from './json.ts'
import type { Package } from './package.ts'
import { packageKey, packagePlace } from './package.ts'
import type { AssetIdentifier, Finding } from './report.ts'
import { severityOf } from './severity.ts'
import { canonicalPath, clip, cwes, key, links, title, unique } from './text.ts'
import { weakness } from './weakness.ts'

export const label = 'Grype JSON'

export function detects(root: unknown): boolean {
  if (!isObject(root) || !('matches' in root)) return false
  if (isObject(root.descriptor) && root.descriptor.name === 'grype') return true
  if (!Array.isArray(root.matches)) return false
  const [first] = root.matches
  return first === undefined ? 'source' in root || 'distro' in root : isObject(first) && 'artifact' in first
}

export const accepts = (root: unknown): boolean => isObject(root) && 'matches' in root

/** Ignored matches (`ignoredMatches`) are what the user told Grype to leave out: no records. */
export function parse(root: unknown): Drafted {
  const document = asObject(root, '$')
  if (document.matches !== null && !Array.isArray(document.matches))
    throw new Misfit('$.matches', 'expected an array')
  const drafts = function* () {
    for (const [match, at] of through(document, 'matches', '$')) yield record(match, at)
  }
  const descriptor = object(document, 'descriptor', '$')
  return {
    told: {
      format: 'grype',
      tool: { name: 'Grype', version: descriptor && text(descriptor, 'version', '$.descriptor', 100) },
      ...asset(object(document, 'source', '$')),
      complete: true,
    },
    drafts,
  }
}

function record(match: Json, at: string): Draft {
  const found = object(match, 'vulnerability', at)
  const artifact = object(match, 'artifact', at)
  if (!found) throw new Misfit(`${at}.vulnerability`, 'an object is required')
  if (!artifact) throw new Misfit(`${at}.artifact`, 'an object is required')
  const inside = `${at}.vulnerability`
  const related = each(match, 'relatedVulnerabilities', at)
  const known = weakness(
    required(found, 'id', inside),
    related.map(([other, path]) => required(other, 'id', path)),
  )
  const pkg = packageOf(artifact, `${at}.artifact`)
  const { id, system } = packageKey(pkg)
  const sources: [Json, string][] = [[found, inside], ...related]
  const description =
    sources.map(([from, path]) => text(from, 'description', path, 20_000)).find(Boolean) ?? null
  const finding: Finding = {
    kind: 'package',
    key: key('package', known.id, id, packagePlace(pkg, system)),
    ids: known.ids,
    cveId: known.cveId,
    title: title(`${known.ids[0]} in ${pkg.name}${description ? `: ${firstSentence(description)}` : ''}`),
    description,
    remediation: null,
    severity: severityOf(text(found, 'severity', inside, 50)),
    ...scores(sources),
    component: { ...pkgShown(pkg), path: clip(placesOf(artifact, `${at}.artifact`)[0] ?? pkg.path, 2000) },
    location: null,
    fixedVersions: fixes(found, inside),
    references: links(
      sources.flatMap(([from, path]) => [
        text(from, 'dataSource', path),
        ...strings(from, 'urls', path),
        ...strings(from, 'links', path),
      ]),
    ),
    ruleId: null,
    cwes: cwes(
      sources.flatMap(([from, path]) =>
        each(from, 'cwes', path).map(([one, where]) => text(one, 'cwe', where, 50) ?? ''),
      ),
    ),
    suppressed: false,
  }
  return { finding, collide: 'fold', line: 0, column: 0 }
}

const pkgShown = (pkg: Package) => ({ name: clip(pkg.name, 500) ?? '', version: pkg.version, purl: pkg.purl })

const firstSentence = (description: string): string => description.slice(0, 300).split(/\.\s|\n/, 1)[0] ?? ''

function packageOf(artifact: Json, at: string): Package {
  const metadata = isObject(artifact.metadata) ? artifact.metadata : null
  // A jar inside a jar: `app.jar:lib/inner.jar`, where others write a slash.
  const nested =
    typeof metadata?.virtualPath === 'string' ? text(metadata, 'virtualPath', at)?.replaceAll(':', '/') : null
  return {
    name: required(artifact, 'name', at),
    version: text(artifact, 'version', at, 500),
    purl: text(artifact, 'purl', at, 2000),
    type: text(artifact, 'type', at, 100) ?? '',
    // First by name, not by position: identity may not hang on the order in the file.
    path: nested ?? placesOf(artifact, at).sort()[0] ?? null,
  }
}

/** The places of the primary evidence when any is marked so, else all. */
function placesOf(artifact: Json, at: string): string[] {
  const places = each(artifact, 'locations', at).flatMap(([place, path]) => {
    const found = text(place, 'path', path)
    const marks = object(place, 'annotations', path)
    return found ? [{ path: found, primary: marks?.evidence === 'primary' }] : []
  })
  const marked = places.filter((place) => place.primary)
  return (marked.length > 0 ? marked : places).map((place) => place.path)
}

function fixes(found: Json, at: string): string[] {
  const fix = object(found, 'fix', at)
  const single = text(found, 'fixedInVersion', at, 2000)
  return unique([
    ...(fix ? strings(fix, 'versions', `${at}.fix`) : []),
    ...(single?.split(/[,\s]+/) ?? []),
  ]).filter(Boolean)
}

function scores(sources: readonly [Json, string][]): Pick<Finding, 'cvss' | 'cvssScore'> {
  const entries = sources.flatMap(([from, path]) => {
    const fallback = text(from, 'namespace', path, 100) ?? 'grype'
    const listed = each(from, 'cvss', path).map(([entry, where]) => ({
      vector: text(entry, 'vector', where),
      source: text(entry, 'source', where, 100) ?? fallback,
      bare: bareScore(object(entry, 'metrics', where)?.baseScore),
    }))
    // Before version 0.11 there was one object a CVSS version, and `links` and `fixedInVersion` beside it.
    const former = ['cvssV3', 'cvssV2'].flatMap((name) => {
      const entry = object(from, name, path)
      const vector = entry && text(entry, 'vector', `${path}.${name}`)
      return entry ? [{ vector, source: fallback, bare: bareScore(entry.baseScore) }] : []
    })
    return [...listed, ...former]
  })
  const cvss = cvssOf(entries)
  return { cvss, cvssScore: cvss[0]?.score ?? entries.find(({ bare }) => bare !== null)?.bare ?? null }
}

function asset(
  source: Json | null,
): Pick<Told, 'assetName' | 'assetType'> & { assetIdentifiers?: AssetIdentifier[] } {
  if (!source) return { assetName: null, assetType: 'other' }
  const type = text(source, 'type', '$.source', 100)
  const target = source.target
  const name = isObject(target)
    ? (text(target, 'userInput', '$.source.target', 500) ??
      strings(target, 'tags', '$.source.target')[0] ??
      null)
    : text(source, 'target', '$.source', 500)
  const bare = name?.replace(/^"(.*)"$/, '$1') ?? ''
  const assetName = canonicalPath(bare) === '' ? null : bare.slice(0, 500)
  if (type === 'image') {
    const assetIdentifiers = imageIdentifiers(target, ['manifestDigest', 'repoDigests', 'imageID'])
    return { assetName, assetType: 'container_image', assetIdentifiers }
  }
  if (type === 'directory') return { assetName, assetType: bare === '/' ? 'host' : 'repository' }
  return { assetName, assetType: type === 'file' || type?.startsWith('sbom') ? 'application' : 'other' }
}
