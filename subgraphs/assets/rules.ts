import type { AssetRow, Lifecycle } from './tables.ts'

export const mostTags = 50
/** How many assets a group may have: they are set at once, and no list that a client sends is longer. */
export const largestGroup = 1_000

/** What is to be added to a set, and what to be taken away, to make it another one. */
export function difference(
  before: Iterable<string>,
  wanted: Iterable<string>,
): { added: string[]; removed: string[] } {
  const [old, next] = [new Set(before), new Set(wanted)]
  return { added: [...next.difference(old)], removed: [...old.difference(next)] }
}

/** How many groups of an organization have a rule: each is asked of every asset that somebody changes. */
export const mostRules = 100
/** Groups would depend on groups, and a search reads every asset. */
export const notInRules: readonly string[] = ['groupId', 'search', 'isMerged']

/** How many assets are merged into another one at once. */
export const mostMerged = 20

const day = 86_400_000

/** What no source has seen since then is stale. */
export const silentSince = (now: Date, days: number): Date => new Date(now.getTime() - days * day)

/** Where an asset stands: sources fall silent without telling, and nobody looks for what was made by hand. */
export const lifecycleOf = (
  { lifecycle, isManual, lastSeenAt }: Pick<AssetRow, 'lifecycle' | 'isManual' | 'lastSeenAt'>,
  before: Date,
): Lifecycle => (lifecycle === 'active' && !isManual && lastSeenAt < before ? 'stale' : lifecycle)

/** In bytes of JSON. */
export const mostMetadata = 16_384

/** What something may be called. */
export const isNamed = (text: string): boolean => /^[^\p{Cc}\p{Zl}\p{Zp}]{1,255}$/u.test(text)

type Weighed = Pick<AssetRow, 'criticality' | 'exposure' | 'lifecycle'>

/** Whether the score of an asset has to be found anew. */
export const changesRisk = (before: Weighed, after: Weighed): boolean =>
  before.criticality !== after.criticality ||
  before.exposure !== after.exposure ||
  before.lifecycle !== after.lifecycle
