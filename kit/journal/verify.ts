import { commitment } from '../changes.ts'
import type { PersonalValues } from '../journal.ts'
import { type Chained, type Link, linkHash, origin } from './chain.ts'
import type { Checkpoint } from './checkpoint.ts'

export type Problem = {
  organization: string
  kind:
    | 'edit'
    | 'deletion'
    | 'insertion'
    | 'swap'
    | 'truncation'
    | 'rehash'
    | 'personal'
    | 'unchained'
    | 'signature'
  sequence: number | null
  entry: string | null
}
/** A link, and the entry that it is of; null where there is none any more. */
export type Row = { link: Link; entry: Chained | null }

type Start = { sequence: number; hash: string }

/**
 * Walks one chain, row by row, and collects what is wrong with it.
 * @param from the signed anchor before which everything was taken away, if there is one
 * @param checkpoints signed ones of this organization
 */
export function chainWalk(organization: string, from: Start | null, checkpoints: readonly Checkpoint[]) {
  const problems: Problem[] = []
  const seen = new Set<string>()
  const signed = Map.groupBy(checkpoints, ({ sequence }) => sequence)
  let sequence = from?.sequence ?? 0
  let hash = from?.hash ?? origin
  // After one break each later link would be told again.
  let broken = false
  const say = (kind: Problem['kind'], at: number | null, entry: string | null) =>
    problems.push({ organization, kind, sequence: at, entry })

  const step = ({ link, entry }: Row): void => {
    const { entryId } = link
    if (link.sequence > sequence + 1) say('deletion', sequence + 1, null)
    else if (link.sequence <= sequence) say('insertion', link.sequence, entryId)
    const follows = link.sequence === sequence + 1 && link.previous === hash
    if (!follows && link.sequence === sequence + 1 && !broken) say('swap', link.sequence, entryId)
    if (seen.has(entryId)) say('insertion', link.sequence, entryId)
    seen.add(entryId)
    if (!entry) say('deletion', link.sequence, entryId)
    else if (linkHash(link.previous, entry, link.sequence) !== link.hash) say('edit', link.sequence, entryId)
    for (const checkpoint of signed.get(link.sequence) ?? [])
      if (checkpoint.hash !== link.hash) say('rehash', link.sequence, entryId)
    broken = !follows
    sequence = link.sequence
    hash = link.hash
  }
  const end = (): Problem[] => {
    const last = Math.max(0, ...checkpoints.map((each) => each.sequence))
    if (last > sequence) say('truncation', sequence, null)
    return problems
  }
  return { step, end, problems }
}

/** What is wrong with the personal values that are kept beside an entry. Those that are gone were erased. */
export function personalProblem(
  { personal }: Pick<Chained, 'personal'>,
  kept: readonly PersonalValues[],
): boolean {
  const said = personal as Record<string, string>
  return kept.some((each) => said[each.person] !== commitment(each))
}
