import { type FieldNode, Kind, type SelectionNode, type SelectionSetNode } from 'graphql'
import type { Fragments } from '../compile/branches.ts'
import { type Decisions, isIncluded } from '../compile/decisions.ts'
import type { Types } from '../compile/types.ts'

/** The fields that sets select on objects of a type, by the name they answer with, in the order of GraphQL. */
export function collect(
  typename: string,
  sets: readonly SelectionSetNode[],
  { fragments, types, decisions }: { fragments: Fragments; types: Types; decisions: Decisions },
): Map<string, FieldNode[]> {
  const groups = new Map<string, FieldNode[]>()
  const visited = new Set<string>()
  const visit = (selection: SelectionNode): void => {
    if (!isIncluded(selection, decisions)) return
    if (selection.kind === Kind.FIELD) {
      const key = (selection.alias ?? selection.name).value
      const group = groups.get(key)
      if (group) group.push(selection)
      else groups.set(key, [selection])
      return
    }
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      if (visited.has(selection.name.value)) return
      visited.add(selection.name.value)
    }
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
    const condition = fragment?.typeCondition?.name.value
    if (!condition || types.passing(condition).has(typename)) fragment?.selectionSet.selections.forEach(visit)
  }
  for (const { selections } of sets) selections.forEach(visit)
  return groups
}
