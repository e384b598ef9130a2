import { createHash } from 'node:crypto'

/** Cut to the limit, without NUL and lone surrogates, which PostgreSQL refuses. */
export function clean(value: string, limit: number): string {
  const cut = value.length > limit ? value.slice(0, limit) : value
  const whole = cut.isWellFormed() ? cut : cut.replace(/\p{Surrogate}/gu, '')
  return (whole.includes('\0') ? whole.replaceAll('\0', '') : whole).trim()
}

export function title(value: string): string {
  const flat = value.slice(0, 2000).replace(/\s+/g, ' ').trim()
  return flat.length > 500 ? `${clean(flat, 499)}…` : clean(flat, 500)
}

export const clip = (value: string | null, limit: number): string | null =>
  value === null ? null : clean(value, limit)

export const unique = (values: readonly string[]): string[] => [...new Set(values)]

export function links(values: readonly (string | null)[]): string[] {
  const found = new Set<string>()
  for (const value of values) {
    // Some advisories append a remark to the address.
    const address = value?.trim().split(/\s/, 1)[0] ?? ''
    if (address.length <= 2000 && /^https?:\/\/[^/]/i.test(address) && URL.canParse(address))
      found.add(address)
    if (found.size === 50) break
  }
  return [...found]
}

/** CWE ids in any spelling: CWE-79, cwe-079, external/cwe/cwe-79. */
export function cwes(values: readonly string[]): string[] {
  const found = new Set<string>()
  for (const value of values)
    for (const [, digits] of value.slice(0, 2000).matchAll(/cwe[-_:/ ]?0*([1-9]\d{0,5})(?!\d)/gi))
      found.add(`CWE-${digits}`)
  return [...found].slice(0, 50)
}

export function cveIn(value: string): string | null {
  return /(?<![a-z0-9])CVE-\d{4}-\d{4,19}(?!\d)/i.exec(value.slice(0, 2000))?.[0].toUpperCase() ?? null
}

export const isCve = (value: string): boolean => /^CVE-\d{4}-\d{4,19}$/i.test(value)

/** Short digest of code, blind to indentation and line breaks. */
export function digest(value: string): string {
  return createHash('sha256').update(value.replace(/\s+/g, ' ').trim()).digest('hex').slice(0, 16)
}

/** Parts joined so that no two lists of parts give the same key. */
export function key(...parts: string[]): string {
  return parts
    .map((part) => {
      const flat = clean(part.replace(/\s+/g, ' '), 100_000)
      const short = flat.length > 600 ? `${clean(flat, 400)}…${digest(flat)}` : flat
      return short.replace(/[\\|]/g, '\\$&')
    })
    .join('|')
}

/** One spelling for a path inside a repository or an image: forward slashes, no root, no dot segments. */
export function canonicalPath(path: string): string {
  const kept: string[] = []
  for (const segment of path.replaceAll('\\', '/').split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else kept.push(segment)
  }
  return kept.join('/')
}
