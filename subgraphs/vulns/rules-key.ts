/** What the key of a package's finding was, found by what it says: the fingerprint proves it. */
import { purlOf } from './rules-purl.ts'
import type { Component } from './tables.ts'

export type Keyless = { cveId: string | null; aliases: readonly string[]; component: Component | null }
/** A key as it may have been, in the parts that matter. */
export type Guess = { key: string; weakness: string; place: string }

const ofTheSystem = ['apk', 'deb', 'rpm', 'alpm', 'portage', 'msrc-kb', 'linux-kernel']
const others = [
  ...['npm', 'pypi', 'gem', 'maven', 'golang', 'cargo', 'nuget', 'composer', 'bitnami', 'conan', 'conda'],
  ...[
    'cocoapods',
    'swift',
    'pub',
    'hex',
    'julia',
    'cran',
    'hackage',
    'luarocks',
    'opam',
    'github',
    'generic',
  ],
]

const escaped = (part: string) => part.replace(/\s+/g, ' ').trim().replace(/[\\|]/g, '\\$&')

function namesIn(type: string, name: string): string {
  if (ofTheSystem.includes(type)) return name.split('/').at(-1)!.toLowerCase()
  if (type === 'maven') return name.replace(':', '/').toLowerCase()
  return (type === 'pypi' ? name.replace(/[-_.]+/g, '-') : name).toLowerCase()
}

function pathsOf({ path, version }: Component): string[] {
  if (!path) return ['']
  const kept: string[] = []
  for (const segment of path.replaceAll('\\', '/').split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else kept.push(segment)
  }
  const flat = kept.join('/')
  return ['', version && version.length > 2 ? flat.replaceAll(version, '*') : flat]
}

/** The keys that a finding may have been told by. */
export function guessesOf({ cveId, aliases, component }: Keyless): Guess[] {
  if (!component) return []
  const purl = purlOf(component.purl)
  const subpath = purl?.type === 'golang' && purl.subpath ? `/${purl.subpath}` : ''
  const packages = purl
    ? [`pkg:${purl.type}/${namesIn(purl.type, purl.name + subpath)}`]
    : [...ofTheSystem, ...others].map((type) => `pkg:${type}/${namesIn(type, component.name)}`)
  const weaknesses = new Set([...(cveId ? [cveId] : []), ...aliases].map((name) => name.toUpperCase()))
  const paths = pathsOf(component)
  return [...weaknesses].flatMap((weakness) =>
    packages.flatMap((id) =>
      paths.map((path) => {
        const place = `${escaped(id)}|${escaped(path)}`
        return { key: `package|${escaped(weakness)}|${place}`, weakness, place }
      }),
    ),
  )
}
