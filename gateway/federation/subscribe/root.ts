import { GraphQLError, Kind, type SelectionNode } from 'graphql'
import type { Fragments } from '../compile/branches.ts'

const invalid = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })

/**
 * Throws GRAPHQL_VALIDATION_FAILED for what the planner does not refuse itself: it throws something else, or plans
 * nothing.
 */
export function checkRoot(selections: readonly SelectionNode[], fragments: Fragments): void {
  const keys = new Set<string>()
  const entered = new Set<string>()
  const visit = (selection: SelectionNode) => {
    if (selection.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include'))
      throw invalid('A subscription’s root field may not have @skip or @include')
    if (selection.kind === Kind.FIELD) {
      if (selection.name.value.startsWith('__')) throw invalid('A subscription has one root field')
      keys.add((selection.alias ?? selection.name).value)
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      selection.selectionSet.selections.forEach(visit)
    } else if (!entered.has(selection.name.value)) {
      entered.add(selection.name.value)
      fragments.get(selection.name.value)?.selectionSet.selections.forEach(visit)
    }
  }
  selections.forEach(visit)
  if (keys.size !== 1) throw invalid('A subscription has one root field')
}
