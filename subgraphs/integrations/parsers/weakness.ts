import { isCve, unique } from './text.ts'

// Ids of one weakness. Errata (RHSA, ELSA, ALAS, DSA, USN...) cover several and are no aliases.
const singular =
  /^(GHSA|PYSEC|GO|RUSTSEC|OSV|GMS|MAL|SNYK|NSWG|JLSEC|HSEC|RSEC|EEF|BIT|CGA|TEMP|DEBIAN-CVE|UBUNTU-CVE|ALPINE-CVE)-/i

export type Weakness = { id: string; cveId: string | null; ids: string[] }

/** The CVE when it is known without doubt: the id itself, or the only CVE that it is related to. */
export function weakness(reported: string, related: readonly string[]): Weakness {
  const cves = unique(related.filter(isCve).map((id) => id.toUpperCase()))
  const only = cves.length === 1 ? cves[0]! : null
  const cveId = isCve(reported) ? reported.toUpperCase() : only
  const own = isCve(reported) ? [] : [reported]
  const ids = unique([...(cveId ? [cveId] : []), ...own, ...related.filter((id) => singular.test(id))])
  return { id: (cveId ?? reported).toUpperCase(), cveId, ids }
}
