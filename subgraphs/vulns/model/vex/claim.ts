/** What a VEX document of whatever format says, ready to be held against findings. */
import type { Purl } from '../../rules-purl.ts'
import type { Understood, VexFormat, Word } from '../../rules-vex.ts'
import { justifications, resolutions, statuses } from '../../tables.ts'
import { wrong } from './json.ts'

/** What a statement is about: one component, perhaps within one product. */
export type Target = {
  purl: Purl | null
  /** An IRI of this house, for a component without a purl. */
  key: string | null
  /** The asset of this house that it is within, by its name. */
  asset: string | null
  /** A product that is none of this house, which it is within: who imports has to say which assets that is. */
  product: string | null
  /** These versions alone; null for what the purl says. */
  versions: readonly string[] | null
}
export type Claim = Understood & {
  /** Where it stands. */
  place: string
  /** The ids of its weakness, in capitals. */
  names: readonly string[]
  targets: readonly Target[]
  reason: string | null
  /** Null where the document does not say when. */
  at: Date | null
}
export type Claims = { format: VexFormat; id: string; author: string; claims: Claim[] }

/** At most, of one document. */
export const limits = { statements: 10_000, targets: 50_000, names: 100 }

export const nameOf = (id: string): string => id.trim().toUpperCase()

/** Throws VALIDATION_ERROR for a document that says more than is held against findings at once. */
export function counted(claims: readonly Claim[]): void {
  const pairs = claims.reduce((sum, { names, targets }) => sum + names.length * targets.length, 0)
  if (pairs > limits.targets)
    throw wrong('$', `at most ${limits.targets} pairs of a weakness and a product, and there are ${pairs}`)
}

const oneOf = <Each extends string>(words: readonly Each[], given: string | null): Each | null =>
  words.find((each) => each === given) ?? null

/** Our own words as they were written, where they are such. */
export function wordIn(given: Record<keyof Word, string | null> | null): Word | null {
  const status = oneOf(statuses, given?.status ?? null)
  if (!given || !status) return null
  const word = {
    status,
    justification: oneOf(justifications, given.justification),
    resolution: oneOf(resolutions, given.resolution),
  }
  return status === 'not_affected' && !word.justification ? null : word
}
