import type { Observed } from './tables.ts'

// Errata (RHSA, DSA, USN and the like) cover several weaknesses, and are the name of none.
const names =
  /^(CVE-\d{4}-\d{4,19}|(GHSA|PYSEC|GO|RUSTSEC|OSV|GMS|MAL|SNYK|NSWG|JLSEC|HSEC|RSEC|EEF|BIT|CGA)-[A-Z0-9:._-]{1,80})$/

export const isCve = (id: string): boolean => id.startsWith('CVE-')

/**
 * The names that a report gives to one weakness, in one spelling. None where it names two CVEs: those are never one
 * weakness, and nobody knows which of them its other names are of.
 */
export function namesOf({ kind, cveId, aliases }: Pick<Observed, 'kind' | 'cveId' | 'aliases'>): string[] {
  if (kind !== 'package') return []
  const all = [...(cveId ? [cveId] : []), ...aliases].map((id) => id.toUpperCase())
  const found = [...new Set(all.filter((id) => names.test(id)))]
  return found.filter(isCve).length > 1 ? [] : found
}

/**
 * What the key of a package's finding says: by which name its weakness was told, and of what and where. The second is
 * the same for every tool; null for a name that is of no single weakness.
 */
export function partsOf({
  kind,
  key,
}: {
  kind: string
  key: string
}): { weakness: string; place: string } | null {
  if (kind !== 'package') return null
  const [, weakness, place] = /^package\|((?:[^\\|]|\\.)+)\|(.+)$/su.exec(key) ?? []
  const name = weakness?.toUpperCase()
  return name && place && names.test(name) ? { weakness: name, place } : null
}

/** The group of each name. */
export type Groups = ReadonlyMap<string, string>
/** Names that come into a group, and groups that become part of another. */
export type United = { added: Map<string, string>; moved: Map<string, string> }

/**
 * Puts together what is said to be one weakness: what shares a name is one. A group never has two CVEs: who says so is
 * not believed.
 * @param known the groups of all names that are said, with all their other names
 */
export function unite(known: Groups, said: readonly (readonly string[])[], newGroup: () => string): United {
  const added = new Map<string, string>()
  const moved = new Map<string, string>()
  const rootOf = (group: string): string => {
    const next = moved.get(group)
    return next === undefined ? group : rootOf(next)
  }
  const groupOf = (name: string) => {
    const group = added.get(name) ?? known.get(name)
    return group === undefined ? undefined : rootOf(group)
  }
  const cves = new Map([...known].filter(([name]) => isCve(name)).map(([name, group]) => [group, name]))
  for (const of of said) {
    const groups = [...new Set(of.map(groupOf).filter((group) => group !== undefined))].sort()
    const [cve, another] = new Set([
      ...of.filter(isCve),
      ...groups.map((group) => cves.get(group)).filter((name) => name !== undefined),
    ])
    if (another || of.length < 2) continue
    // The oldest goes on: ids have the order of time.
    const [into = newGroup(), ...others] = groups
    for (const other of others) moved.set(other, into)
    for (const name of of) if (groupOf(name) === undefined) added.set(name, into)
    if (cve) cves.set(into, cve)
  }
  return {
    added: new Map([...added].map(([name, group]) => [name, rootOf(group)])),
    moved: new Map([...moved].map(([from, to]) => [from, rootOf(to)])),
  }
}
