import type { PlanNode, QueryPlan, SubscriptionNode } from '@apollo/query-planner'
import type { PlannerOf } from '../../federation/generation.ts'

/** How often something occurred, so that a test can say what it has not met. */
export type Tally = { counts: Record<string, number>; count(what: string, isMet?: boolean): void }

export function createTally(...whats: string[]): Tally {
  const counts: Record<string, number> = Object.fromEntries(whats.map((what) => [what, 0]))
  return {
    counts,
    count(what, isMet = true) {
      counts[what] = (counts[what] ?? 0) + Number(isMet)
    },
  }
}

export const planParts = [
  'Sequence',
  'Parallel',
  'Flatten',
  'Fetch',
  'Condition',
  'no node',
  'Flatten on some types',
  'requires',
  'inputRewrites',
  'outputRewrites',
]

/** A planner that counts what its plans are made of. */
export const counting =
  (plannerOf: PlannerOf, { count }: Tally): PlannerOf =>
  (supergraph) => {
    const planner = plannerOf(supergraph)
    return (operation) => {
      const plan = planner(operation)
      countPlan(plan, count)
      return plan
    }
  }

function countPlan({ node }: QueryPlan, count: Tally['count']) {
  const walk = (of: PlanNode | SubscriptionNode) => {
    count(of.kind)
    if (of.kind === 'Sequence' || of.kind === 'Parallel') of.nodes.forEach(walk)
    if (of.kind === 'Flatten') {
      count('Flatten on some types', of.path.join().includes('|['))
      walk(of.node)
    }
    if (of.kind === 'Condition') for (const clause of [of.ifClause, of.elseClause]) if (clause) walk(clause)
    if (of.kind === 'Fetch') {
      count('requires', Boolean(of.requires))
      count('inputRewrites', Boolean(of.inputRewrites?.length))
      count('outputRewrites', Boolean(of.outputRewrites?.length))
    }
  }
  if (node) walk(node)
  else count('no node')
}
