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

/** With which names each name is never of one weakness, as somebody has said; every pair both ways. */
export type Apart = ReadonlyMap<string, ReadonlySet<string>>

/** Whether some of these names are apart from each other. */
export const hasApart = (names: Iterable<string>, apart: Apart): boolean => {
  if (apart.size === 0) return false
  const all = [...names]
  return all.some((name) => {
    const others = apart.get(name)
    return others !== undefined && all.some((other) => others.has(other))
  })
}

/**
 * Puts together what is said to be one weakness: what shares a name is one. A group never has two CVEs, nor names that
 * somebody has said are apart: who says so is not believed.
 * @param known the groups of all names that are said, with all their other names
 */
export function unite(
  known: Groups,
  said: readonly (readonly string[])[],
  newGroup: () => string,
  apart: Apart = new Map(),
): United {
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
  const namesIn = (groups: readonly string[]): string[] =>
    apart.size === 0
      ? []
      : [...known.keys(), ...added.keys()].filter((name) => groups.includes(groupOf(name) ?? ''))
  const cves = new Map([...known].filter(([name]) => isCve(name)).map(([name, group]) => [group, name]))
  for (const of of said) {
    const groups = [...new Set(of.map(groupOf).filter((group) => group !== undefined))].sort()
    const [cve, another] = new Set([
      ...of.filter(isCve),
      ...groups.map((group) => cves.get(group)).filter((name) => name !== undefined),
    ])
    if (another || of.length < 2) continue
    if (hasApart(new Set([...of, ...namesIn(groups)]), apart)) continue
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

/**
 * The groups of names as they come out when everything that is said of them is said anew, in its order. Each keeps the
 * id that most of its names had, so that only what comes apart, or together, is another group.
 * @param known the groups that the names have now
 * @returns the names whose group is another one
 */
export function regroup(
  known: Groups,
  said: readonly (readonly string[])[],
  newGroup: () => string,
  apart: Apart,
): Map<string, string> {
  const { added } = unite(new Map(), said, newGroup, apart)
  const parts = Map.groupBy(
    [...new Set([...known.keys(), ...added.keys()])],
    (name) => added.get(name) ?? name,
  )
  const taken = new Set<string>()
  const changed = new Map<string, string>()
  for (const names of [...parts.values()].sort((one, other) => other.length - one.length)) {
    const had = Map.groupBy(
      names.filter((name) => known.has(name)),
      (name) => known.get(name)!,
    )
    const [most] = [...had.keys()]
      .filter((group) => !taken.has(group))
      .sort((one, other) => had.get(other)!.length - had.get(one)!.length)
    const group = most ?? newGroup()
    taken.add(group)
    for (const name of names) if (known.get(name) !== group) changed.set(name, group)
  }
  return changed
}
