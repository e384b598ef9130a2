import { type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql'
import { isInherited } from './own.ts'

/** The names that a selection can answer with, whatever the types: fragments are opened, equals are one. */
export type Branches = { readonly list: Branch[]; readonly at: Map<string, Branch> }
export type Branch = {
  readonly key: string
  /** Whether a plain look finds what an object has of it, and nothing else. */
  readonly isPlain: boolean
  readonly of: Branches | null
}
export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

const none = (): Branches => ({ list: [], at: new Map() })

/** The branches of a selection. Fragments that spread themselves must have been refused before. */
export function branchesOf(set: SelectionSetNode | undefined, fragments: Fragments): Branches {
  const branches = none()
  if (set) grow(branches, set, fragments)
  return branches
}

function grow(branches: Branches, { selections }: SelectionSetNode, fragments: Fragments): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const branch = add(
        branches,
        (selection.alias ?? selection.name).value,
        selection.selectionSet ? none() : null,
      )
      if (selection.selectionSet && branch.of) grow(branch.of, selection.selectionSet, fragments)
    } else {
      const set =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection.selectionSet
          : fragments.get(selection.name.value)?.selectionSet
      if (set) grow(branches, set, fragments)
    }
  }
}

/** Adds a branch, or finds the one that is there. */
export function add({ list, at }: Branches, key: string, of: Branches | null): Branch {
  const known = at.get(key)
  if (known) return known
  const branch = { key, isPlain: !isInherited(key), of }
  list.push(branch)
  at.set(key, branch)
  return branch
}
