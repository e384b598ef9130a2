/** Package URLs, as far as they say whether two of them name the same package. */
export type Purl = {
  type: string
  /** Namespace and name, in the spelling of their type. */
  name: string
  version: string | null
  qualifiers: ReadonlyMap<string, string>
  subpath: string | null
}

const shape = /^pkg:\/*([a-z][a-z0-9.+-]*)\/([^?#]+)(?:\?([^#]*))?(?:#(.*))?$/i
const longest = 2_000
// Their names are the same whatever their letters are.
const foldsCase = new Set(['github', 'bitbucket', 'deb', 'apk', 'pypi', 'composer', 'alpm', 'oci', 'npm'])

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function nameOf(type: string, segments: readonly string[]): string {
  const name = segments.map(decoded).join('/')
  if (type === 'pypi') return name.toLowerCase().replace(/[-_.]+/g, '-')
  return foldsCase.has(type) ? name.toLowerCase() : name
}

/** Null for what is none. */
export function purlOf(text: string | null | undefined): Purl | null {
  if (!text || text.length > longest) return null
  const [, type, path, query, subpath] = shape.exec(text.trim()) ?? []
  if (!type || !path) return null
  // A scope of npm begins with the sign that a version begins with.
  const at = path.lastIndexOf('@')
  const isVersion = at > 0 && !path.slice(at).includes('/')
  const segments = (isVersion ? path.slice(0, at) : path).split('/').filter(Boolean)
  if (segments.length === 0) return null
  const kind = type.toLowerCase()
  const pairs = (query ?? '').split('&').flatMap((each): [string, string][] => {
    const [key, ...value] = each.split('=')
    return key && value.length > 0 ? [[key.toLowerCase(), decoded(value.join('='))]] : []
  })
  return {
    type: kind,
    name: nameOf(kind, segments),
    version: isVersion ? decoded(path.slice(at + 1)) || null : null,
    qualifiers: new Map(pairs),
    subpath: subpath ? decoded(subpath).replace(/^\/+|\/+$/g, '') || null : null,
  }
}

/** What purls of one package share, whatever their versions are. */
export const packageOf = ({ type, name }: Purl): string => `${type}/${name}`

/** Whether what is said of one purl holds for another: what the first leaves out, it says of all. */
export function covers(said: Purl, found: Purl, foundVersion: string | null): boolean {
  if (packageOf(said) !== packageOf(found)) return false
  if (said.version !== null && said.version !== (found.version ?? foundVersion)) return false
  if (said.subpath !== null && said.subpath !== found.subpath) return false
  return [...said.qualifiers].every(([key, value]) => found.qualifiers.get(key) === value)
}

/** A purl with its version: the one that is known of it where it names none itself. */
export function versioned(purl: string, version: string | null): string {
  const known = purlOf(purl)
  if (!known || known.version !== null || !version) return purl
  const end = purl.search(/[?#]/)
  const [head, tail] = end < 0 ? [purl, ''] : [purl.slice(0, end), purl.slice(end)]
  return `${head}@${encodeURIComponent(version)}${tail}`
}
