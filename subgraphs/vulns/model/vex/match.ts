/** Which statement of a document holds for a finding. */
import { covers, packageOf, purlOf } from '../../rules-purl.ts'
import type { VulnerabilityRow } from '../../tables.ts'
import { type Claim, nameOf, type Target } from './claim.ts'
import { namesOf, placeIri } from './statement.ts'

export type Finding = Pick<
  VulnerabilityRow,
  'id' | 'assetId' | 'cveId' | 'aliases' | 'component' | 'location' | 'ruleId'
>
type About = { claim: Claim; target: Target; order: number }

export type Matching = {
  /** What is said of a finding last; null where nothing is. */
  claimFor(finding: Finding): Claim | null
}

const nowhere = ({ purl, key, asset }: Target) => !purl && !key && !asset

/** By what a finding looks for what is said of it. */
const partOf = ({ purl, key }: Pick<Target, 'purl' | 'key'>): string =>
  purl ? `${packageOf(purl)} ${purl.version ?? ''}` : (key ?? '')

const later = (one: About, other: About): About => {
  const [first, second] = [one.claim.at?.getTime() ?? 0, other.claim.at?.getTime() ?? 0]
  if (first !== second) return first > second ? one : other
  return one.order > other.order ? one : other
}

/**
 * Holds the statements of a document against findings. A statement about a version matches that version, one without
 * all of them; one about a product of others matches only where it was said which assets that product is.
 * @param names of assets, by their ids
 * @param chosen whether it was said which assets the document is about
 * @param known all names of weaknesses, by any of them
 */
export function matching(
  claims: readonly Claim[],
  names: ReadonlyMap<string, string>,
  chosen: boolean,
  known: ReadonlyMap<string, readonly string[]> = new Map(),
): Matching {
  const abouts = claims.flatMap((claim, order) =>
    claim.targets.flatMap((target): [string, About][] => {
      if (nowhere(target) || (target.product !== null && !chosen)) return []
      return claim.names.map((name) => [`${name} ${partOf(target)}`, { claim, target, order }])
    }),
  )
  const byKey = new Map<string, About[]>()
  for (const [key, about] of abouts) {
    const known = byKey.get(key)
    if (known) known.push(about)
    else byKey.set(key, [about])
  }
  return {
    claimFor(finding) {
      const purl = purlOf(finding.component?.purl)
      const version = finding.component?.version ?? purl?.version ?? null
      const asset = names.get(finding.assetId) ?? null
      const parts = new Set(['', purl ? '' : placeIri(finding)])
      if (purl) for (const each of [purl.version, version, '']) parts.add(`${packageOf(purl)} ${each ?? ''}`)
      const holds = ({ target }: About): boolean => {
        if (target.asset !== null && target.asset !== asset && target.asset !== finding.assetId) return false
        if (target.versions !== null && (version === null || !target.versions.includes(version))) return false
        return target.purl === null || (purl !== null && covers(target.purl, purl, version))
      }
      const own = namesOf(finding).map(nameOf)
      const said = [...new Set(own.flatMap((name) => [name, ...(known.get(name) ?? [])]))]
        .flatMap((name) => [...parts].flatMap((part) => byKey.get(`${name} ${part}`) ?? []))
        .filter(holds)
      return said.length > 0 ? said.reduce(later).claim : null
    },
  }
}
