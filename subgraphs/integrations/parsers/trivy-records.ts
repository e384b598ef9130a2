import { checkId } from './check.ts'
import { bareScore, cvssOf } from './cvss.ts'
import type { Draft } from './fold.ts'
import type { Json } from './json.ts'
import { each, line, Misfit, object, required, strings, text } from './json.ts'
import type { Package } from './package.ts'
import { packageKey, packagePlace } from './package.ts'
import type { Finding } from './report.ts'
import { severityOf } from './severity.ts'
import { canonicalPath, clip, cwes, digest, key, links, title, unique } from './text.ts'
import { weakness } from './weakness.ts'

/** The result that a record stands in; `workload` is namespace/kind/name in a Kubernetes report. */
export type Place = { target: string; type: string; class: string; workload: string }

const blank = {
  cveId: null,
  remediation: null,
  cvss: [],
  cvssScore: null,
  component: null,
  location: null,
  fixedVersions: [],
  ruleId: null,
  cwes: [],
  suppressed: false,
} satisfies Partial<Finding>

// Targets that name no file but all packages of a kind in an image.
const collective = new Set(['node.js', 'python', 'ruby', 'java', 'conda', 'php', 'os packages', 'julia'])

const filePath = (place: Place): string | null =>
  place.target && !collective.has(place.target.toLowerCase()) ? place.target : null

/** The file of a check, below its workload; Trivy repeats `Kind/Name` as the target of a workload's checks. */
function filed({ workload, target }: Place): string {
  const path = canonicalPath(target)
  if (!workload) return path
  return `/${workload}`.endsWith(`/${path}`) ? workload : `${workload}/${path}`
}

export function vulnerability(found: Json, at: string, place: Place): Draft {
  const reported = required(found, 'VulnerabilityID', at)
  const identifier = object(found, 'PkgIdentifier', at)
  const purl = identifier && text(identifier, 'PURL', `${at}.PkgIdentifier`, 2000)
  const name = text(found, 'PkgName', at) ?? (purl && (purl.split(/[@?#]/, 1)[0] ?? purl))
  if (!name) throw new Misfit(`${at}.PkgName`, 'a non-empty string is required')
  const version = text(found, 'InstalledVersion', at, 500)
  const known = weakness(reported, strings(found, 'VendorIDs', at))
  const packagePath = text(found, 'PkgPath', at)
  const pkg: Package = { name, version, purl, type: place.type, path: packagePath ?? filePath(place) }
  const { id, system } = packageKey(pkg)
  const inSystem = system || (place.class === 'os-pkgs' && !purl)
  const image = place.workload && inSystem ? imageRepository(place.target) : ''
  const where = [place.workload, image, packagePlace(pkg, inSystem)].filter(Boolean).join('/')
  const headline = text(found, 'Title', at, 1000)
  const scored = scores(found, at)
  const status = text(found, 'Status', at, 50)
  const finding: Finding = {
    ...blank,
    kind: 'package',
    key: key('package', known.id, id, where),
    ids: known.ids,
    cveId: known.cveId,
    title: title(`${known.ids[0]} in ${name}${headline ? `: ${withoutPrefix(headline, `${name}: `)}` : ''}`),
    description: text(found, 'Description', at, 20_000),
    severity: severityOf(text(found, 'Severity', at, 50)),
    ...scored,
    component: {
      name: clip(name, 500) ?? '',
      version,
      purl,
      path: clip(packagePath ?? (inSystem && place.class !== 'lang-pkgs' ? null : pkg.path), 2000),
    },
    fixedVersions: (text(found, 'FixedVersion', at, 2000) ?? '').split(/[,\s]+/).filter(Boolean),
    references: links([text(found, 'PrimaryURL', at), ...strings(found, 'References', at)]),
    cwes: cwes(strings(found, 'CweIDs', at)),
    suppressed: status === 'not_affected',
  }
  return { finding, collide: 'fold', line: 0, column: 0 }
}

const withoutPrefix = (value: string, prefix: string): string =>
  value.startsWith(prefix) ? value.slice(prefix.length) : value

/** Registry and repository without tag and digest, which change with every release. */
const imageRepository = (target: string): string =>
  target
    .replace(/ \([^()]*\)$/, '')
    .replace(/@sha256:.*$/, '')
    .replace(/:[^:/]*$/, '')

function scores(found: Json, at: string): Pick<Finding, 'cvss' | 'cvssScore'> {
  const all = object(found, 'CVSS', at)
  if (!all) return { cvss: [], cvssScore: null }
  const origin = object(found, 'DataSource', at)
  const preferred = [
    text(found, 'SeveritySource', at),
    origin && text(origin, 'ID', `${at}.DataSource`),
    'nvd',
    'ghsa',
    'redhat',
  ]
  const sources = unique([
    ...preferred.flatMap((name) => (name && Object.hasOwn(all, name) ? [name] : [])),
    ...Object.keys(all).sort(),
  ])
  const entries = sources.flatMap((source) => {
    const entry = object(all, source, `${at}.CVSS`)
    return entry ? [{ entry, source }] : []
  })
  const cvss = cvssOf(
    entries.flatMap(({ entry, source }) =>
      ['V40', 'V3', 'V2'].map((version) => {
        const bare = bareScore(entry[`${version}Score`])
        return {
          vector: text(entry, `${version}Vector`, `${at}.CVSS.${source}`),
          source,
          // Trivy writes 0 where nobody has stated a score.
          bare: bare === 0 ? null : bare,
        }
      }),
    ),
  )
  const bare = ['V40Score', 'V3Score', 'V2Score'].flatMap((name) =>
    entries.map(({ entry }) => bareScore(entry[name])),
  )
  return { cvss, cvssScore: cvss[0]?.score ?? bare.find((score) => score !== null && score > 0) ?? null }
}

export function misconfiguration(found: Json, at: string, place: Place): Draft {
  const id = text(found, 'AVDID', at) ?? required(found, 'ID', at)
  const cause = object(found, 'CauseMetadata', at)
  const path = `${at}.CauseMetadata`
  const resource = cause && text(cause, 'Resource', path)
  const start = cause && line(cause, 'StartLine', path)
  // In a manifest the cause is the whole container with its image tag: its text changes with every release.
  const snippet = resource || place.type === 'kubernetes' ? '' : causeOf(cause, path)
  const where = filed(place)
  const message = text(found, 'Message', at, 5000)
  const description = text(found, 'Description', at, 15_000)
  const finding: Finding = {
    ...blank,
    kind: 'config',
    key: key('config', checkId(id), where, resource ?? (snippet && digest(snippet))),
    ids: unique([id, text(found, 'ID', at) ?? id]),
    title: title(text(found, 'Title', at, 1000) ?? id),
    description: [description, message].filter(Boolean).join('\n\n') || null,
    remediation: text(found, 'Resolution', at, 10_000),
    severity: severityOf(text(found, 'Severity', at, 50)),
    component: resource ? { name: clip(resource, 500) ?? '', version: null, purl: null, path: null } : null,
    location: where ? { path: clip(where, 2000) ?? '', line: start } : null,
    references: links([text(found, 'PrimaryURL', at), ...strings(found, 'References', at)]),
    ruleId: text(found, 'ID', at, 500) ?? id,
  }
  return { finding, collide: 'number', line: start ?? 0, column: 0 }
}

function causeOf(cause: Json | null, at: string): string {
  const code = cause && object(cause, 'Code', at)
  const lines = code ? each(code, 'Lines', `${at}.Code`) : []
  return lines
    .flatMap(([row, path]) => (row.IsCause === true ? [text(row, 'Content', path, 2000) ?? ''] : []))
    .join('\n')
}

export function secret(found: Json, at: string, place: Place): Draft {
  const rule = required(found, 'RuleID', at)
  const headline = text(found, 'Title', at, 1000) ?? rule
  const category = text(found, 'Category', at, 500)
  const start = line(found, 'StartLine', at)
  const where = filed(place)
  // Trivy masks the secret itself; the masked line goes into the key as a digest and nowhere else.
  const match = text(found, 'Match', at)
  const finding: Finding = {
    ...blank,
    kind: 'secret',
    key: key('secret', rule, where, match ? digest(match) : ''),
    ids: [rule],
    title: title(`${headline} in ${place.target || 'a file'}`),
    description: category ? `${headline} (${category})` : headline,
    remediation: 'Revoke the secret, then remove it from the file and from its history.',
    severity: severityOf(text(found, 'Severity', at, 50)),
    location: where ? { path: clip(where, 2000) ?? '', line: start } : null,
    references: [],
    ruleId: rule,
  }
  return { finding, collide: 'number', line: start ?? 0, column: 0 }
}

export function license(found: Json, at: string, place: Place): Draft {
  const name = text(found, 'Name', at) ?? text(found, 'Text', at)
  if (!name) throw new Misfit(`${at}.Name`, 'a non-empty string is required')
  const pkg = text(found, 'PkgName', at)
  const file = text(found, 'FilePath', at) ?? filePath(place)
  const category = text(found, 'Category', at, 100)
  const where = [place.workload, file && canonicalPath(file)].filter(Boolean).join('/')
  const finding: Finding = {
    ...blank,
    kind: 'license',
    key: key('license', name.toLowerCase(), pkg?.toLowerCase() ?? '', where),
    ids: [clip(name, 500) ?? name],
    title: title(`License ${name}${pkg ? ` of ${pkg}` : ''}`),
    description: category ? `License category: ${category}` : null,
    severity: severityOf(text(found, 'Severity', at, 50)),
    component: pkg ? { name: clip(pkg, 500) ?? '', version: null, purl: null, path: clip(file, 2000) } : null,
    location: where ? { path: clip(where, 2000) ?? '', line: null } : null,
    references: links([text(found, 'Link', at)]),
    ruleId: clip(name, 500),
  }
  return { finding, collide: 'fold', line: 0, column: 0 }
}
