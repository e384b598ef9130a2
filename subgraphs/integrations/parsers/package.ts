import { canonicalPath } from './text.ts'

// Trivy result types and Grype artifact types, by the purl type that both mean.
const ecosystems: Record<string, string> = {
  apk: 'apk alpine wolfi chainguard minimos postmarketos',
  deb: 'deb debian ubuntu echo',
  rpm: 'rpm redhat centos rocky alma amazon fedora oracle sles suse opensuse opensuse-leap opensuse-tumbleweed opensuse.leap opensuse.tumbleweed photon azurelinux cbl-mariner mariner suse-linux-enterprise-server suse-linux-enterprise-micro slem',
  alpm: 'alpm arch',
  portage: 'portage',
  bitnami: 'bitnami',
  npm: 'npm node-pkg yarn pnpm bun javascript node-js',
  pypi: 'pypi python python-pkg pip pipenv poetry uv pylock',
  gem: 'gem gemspec bundler ruby',
  maven: 'maven java-archive jenkins-plugin jar pom gradle sbt java gradle-lockfile sbt-lockfile',
  golang: 'golang go-module gomod gobinary go',
  cargo: 'cargo rust-crate rustbinary rust',
  nuget: 'nuget dotnet dotnet-core dotnet-core-deps packages-props packages-lock-props dotnet-packages-props',
  composer: 'composer php-composer composer-vendor php',
  conan: 'conan conan-lock',
  conda: 'conda conda-pkg conda-environment',
  cocoapods: 'cocoapods pod',
  swift: 'swift',
  pub: 'pub dart-pub',
  hex: 'hex erlang-otp mix-lock',
  julia: 'julia',
  cran: 'cran r-package',
  hackage: 'hackage haskell',
  luarocks: 'luarocks lua-rocks',
  opam: 'opam',
  github: 'github github-action github-action-workflow',
}
const ecosystemOf = new Map(
  Object.entries(ecosystems).flatMap(([type, words]) => words.split(' ').map((word) => [word, type])),
)
const ofTheSystem = new Set(['apk', 'deb', 'rpm', 'alpm', 'portage', 'msrc-kb', 'linux-kernel'])

export type Package = {
  name: string
  version: string | null
  purl: string | null
  type: string
  path: string | null
}

// Written here because packageurl-js 2.0.1 throws a ReferenceError on many Go modules, and because a purl
// that is slightly wrong still names its package.
function readPurl(purl: string): { type: string; namespace: string; name: string } | null {
  const match = /^pkg:\/*([a-z][a-z0-9.+-]*)\/([^?#]+)(?:\?[^#]*)?(?:#(.*))?$/i.exec(purl)
  if (!match) return null
  const segments = match[2]!.split('/').filter(Boolean).map(unescaped)
  const last = match[2]!.split('/').filter(Boolean).at(-1) ?? ''
  const name = unescaped(last.replace(/(.)@.*$/, '$1'))
  const type = match[1]!.toLowerCase()
  // A Go module's major version is a path segment to one tool and a subpath to the other.
  const subpath = type === 'golang' && match[3] ? `/${unescaped(match[3])}` : ''
  return name ? { type, namespace: segments.slice(0, -1).join('/'), name: name + subpath } : null
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** `type/name`: the same for a tool that gives a purl and one that only gives ecosystem and name. */
export function packageKey(pkg: Package): { id: string; system: boolean } {
  const purl = pkg.purl ? readPurl(pkg.purl) : null
  const word = pkg.type.trim().toLowerCase()
  const named = purl?.type ?? (word || 'generic')
  const type = ecosystemOf.get(named) ?? named
  const system = ofTheSystem.has(type)
  let name = purl ? [purl.namespace, purl.name].filter(Boolean).join('/') : pkg.name
  // An asset has one operating system, and tools spell its name differently (amzn, amazon).
  if (purl && system) name = purl.name
  if (type === 'maven') name = name.replace(':', '/')
  if (type === 'pypi') name = name.replace(/[-_.]+/g, '-')
  return { id: `pkg:${type}/${name.toLowerCase()}`, system }
}

/** Where the package lies, as far as it survives an upgrade: nothing for packages of the system. */
export function packagePlace(pkg: Package, system: boolean): string {
  if (system || !pkg.path) return ''
  const path = canonicalPath(pkg.path)
  return pkg.version && pkg.version.length > 2 ? path.replaceAll(pkg.version, '*') : path
}
