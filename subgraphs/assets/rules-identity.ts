import type { IdentifierKind, Strength } from './tables.ts'

/** What a source or a row says of an asset. */
export type Identifier = { kind: IdentifierKind; value: string }
export type Known = Identifier & { strength: Strength }
/** An asset that something of what was seen is known of, with all that is known of it; the oldest first. */
export type Candidate = { assetId: string; identifiers: readonly Known[] }
export type Clash = Identifier & { assetId: string }

export const strengthOf: Readonly<Record<IdentifierKind, Strength>> = {
  external_id: 'strong',
  cloud_id: 'strong',
  image_digest: 'strong',
  repository_id: 'strong',
  package_manifest: 'strong',
  imported_name: 'strong',
  hardware_serial: 'medium',
  hardware_uuid: 'medium',
  mdm_id: 'medium',
  mac: 'medium',
  fqdn: 'medium',
  hostname: 'weak',
  ip: 'weak',
}

/** What one thing has one of: others mean another thing. */
const exclusive: readonly IdentifierKind[] = ['cloud_id', 'repository_id', 'image_digest']
const names: readonly IdentifierKind[] = ['hostname', 'fqdn']
const mostProposals = 5

const keyOf = ({ kind, value }: Identifier) => `${kind} ${value}`
const valuesOf = (of: readonly Identifier[], kinds: readonly IdentifierKind[]) =>
  new Set(of.filter(({ kind }) => kinds.includes(kind)).map(({ value }) => value))

/** Both sides say something of it, and nothing that is the same. */
function differ(
  one: readonly Identifier[],
  other: readonly Identifier[],
  kinds: readonly IdentifierKind[],
): boolean {
  const [left, right] = [valuesOf(one, kinds), valuesOf(other, kinds)]
  return left.size > 0 && right.size > 0 && left.isDisjointFrom(right)
}

/** Whether it cannot be the same thing, whatever else is shared: hardware is cloned, and its numbers with it. */
const contradicts = (seen: readonly Identifier[], known: readonly Identifier[]): boolean =>
  exclusive.some((kind) => differ(seen, known, [kind])) ||
  (differ(seen, known, ['mac']) && differ(seen, known, names))

/** What is shared, as strong as it is held to be by now. */
function sharedWith(seen: readonly Identifier[], { identifiers }: Candidate): Known[] {
  const keys = new Set(seen.map(keyOf))
  return identifiers.filter((each) => keys.has(keyOf(each)))
}

export type Decision = {
  /** The asset that was seen; null for one that is new. */
  match: string | null
  /** Others that are the same one, and why. */
  merge: string[]
  reason: 'strong_identifier' | 'medium_identifiers' | null
  /** Those that may be the same one, and what speaks for it. */
  propose: { assetId: string; evidence: Identifier[] }[]
  /** Those that share what nobody shares, and are another one. */
  clash: Clash[]
}

/**
 * Which asset was seen: one strong identifier tells, two kinds of medium ones do unless others contradict, and the
 * rest only proposes.
 */
export function decide(seen: readonly Identifier[], candidates: readonly Candidate[]): Decision {
  const all = candidates.map((candidate) => {
    const shared = sharedWith(seen, candidate)
    const medium = shared.filter(({ strength }) => strength === 'medium')
    return {
      assetId: candidate.assetId,
      shared,
      medium,
      isStrong: shared.some(({ strength }) => strength === 'strong'),
      isSame: new Set(medium.map(({ kind }) => kind)).size >= 2,
      isOther: contradicts(seen, candidate.identifiers),
    }
  })
  const strong = all.filter(({ isStrong }) => isStrong)
  const same = strong.length > 0 ? strong : all.filter(({ isSame, isOther }) => isSame && !isOther)
  const [match, ...merge] = same.map(({ assetId }) => assetId)
  const rest = all.filter(
    ({ assetId, shared }) => assetId !== match && !merge.includes(assetId) && shared.length > 0,
  )
  return {
    match: match ?? null,
    merge,
    reason: match === undefined ? null : strong.length > 0 ? 'strong_identifier' : 'medium_identifiers',
    propose: rest
      .filter(({ isOther }) => !isOther)
      .slice(0, mostProposals)
      .map(({ assetId, shared }) => ({
        assetId,
        evidence: shared.map(({ kind, value }) => ({ kind, value })),
      })),
    clash: rest.flatMap(({ assetId, medium: [first], isOther }) =>
      isOther && first ? [{ assetId, kind: first.kind, value: first.value }] : [],
    ),
  }
}

export const isCalled = ({ identifiers }: Candidate, name: string): boolean =>
  identifiers.some(({ kind, value }) => kind === 'imported_name' && value === name)

/**
 * Which asset was seen, where its name tells it: what it shares with others finds only one that no report has named, and
 * else proposes. An image has another digest with each build, and two names may stand for one build for a while.
 * @param named the asset of the name; null where there is none
 */
export function decideNamed(
  seen: readonly Identifier[],
  candidates: readonly Candidate[],
  named: string | null,
): Decision {
  const shares = candidates.filter((each) =>
    sharedWith(seen, each).some(({ strength, kind }) => strength === 'strong' && kind !== 'imported_name'),
  )
  const unnamed = shares.find(({ identifiers }) => identifiers.every(({ kind }) => kind !== 'imported_name'))
  const match = named ?? unnamed?.assetId ?? null
  const propose = shares
    .filter(({ assetId }) => assetId !== match)
    .slice(0, mostProposals)
    .map((each) => ({
      assetId: each.assetId,
      evidence: sharedWith(seen, each).map(({ kind, value }) => ({ kind, value })),
    }))
  return { match, merge: [], reason: null, propose, clash: [] }
}

/** Who reports an identifier, by what tells machines apart; null where nothing does. */
export function fingerprintText(seen: readonly Identifier[]): string | null {
  const told = seen.filter(({ kind }) => ['mac', 'fqdn', 'hostname'].includes(kind))
  return told.length > 0 ? told.map(keyOf).sort().join('\n') : null
}

const hour = 3_600_000
const mostFlaps = 3

type Held = { fingerprint: string | null; flappedAt: readonly Date[] }

/** What becomes of an identifier that is reported by somebody: it goes to and fro too often to tell anything. */
export function flapping(
  { fingerprint, flappedAt }: Held,
  reported: string | null,
  at: Date,
): { fingerprint: string | null; flappedAt: Date[]; isDemoted: boolean } {
  const recent = flappedAt.filter((time) => at.getTime() - time.getTime() < hour)
  const isOther = reported !== null && fingerprint !== null && fingerprint !== reported
  const flaps = isOther ? [...recent, at] : recent
  return { fingerprint: reported ?? fingerprint, flappedAt: flaps, isDemoted: flaps.length > mostFlaps }
}
