import type { DocumentNode } from 'graphql'
import type { Decisions } from '../compile/decisions.ts'
import { filtered, type Refusal, type Withheld } from './filter.ts'
import { documentOf, type Guarded } from './guards.ts'
import type { Judged } from './judge.ts'

/** An operation as one caller may see it. */
export type View = {
  /** What the answer looks like. */
  asked: DocumentNode
  /** What subgraphs may be asked for. */
  kept: DocumentNode
  withheld: Withheld
  refusals: readonly Refusal[]
}

const none: Withheld = new Map()

/**
 * The view of an operation that a judgement leaves. Where nothing is refused it is the operation as it was written,
 * so that all who may see everything share one plan with operations that ask nothing of anybody.
 */
export function viewOf(
  { document, guarded }: { document: DocumentNode; guarded: Guarded | null },
  { judgement, dryRun }: Judged,
  within: { decisions: Decisions; toClient(name: string): string },
): View {
  const whole: View = { asked: document, kept: document, withheld: none, refusals: [] }
  if (!guarded) return whole
  const isMet = (guard: number) => judgement[guard] === '1'
  if (guarded.requirements.every((_requirement, guard) => isMet(guard))) return whole
  const { kept, withheld, refusals } = filtered(guarded, { isMet, ...within })
  if (refusals.length === 0) return whole
  if (dryRun) return { ...whole, refusals }
  return { asked: documentOf(guarded.operation), kept: documentOf(kept), withheld, refusals }
}
