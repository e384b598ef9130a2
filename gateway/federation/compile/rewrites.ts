import type { FetchDataRewrite } from '@apollo/query-planner'
import { add, type Branches } from './branches.ts'
import { type Fields, get, isFields, set } from './own.ts'
import type { Types } from './types.ts'

/** Changes a value where it is: sets what a plan says, or renames what it had to call otherwise. */
export type Rewrite = (value: unknown) => void

const fragment = '... on '

/** What a plan has changed in the representations it sends, or in what comes back. */
export function rewritesOf(rewrites: readonly FetchDataRewrite[] | undefined, types: Types): Rewrite | null {
  if (!rewrites?.length) return null
  const each = rewrites.map((rewrite) => at(rewrite.path, changing(rewrite), types))
  return (value) => {
    for (const rewrite of each) rewrite(value)
  }
}

function changing(rewrite: FetchDataRewrite): (of: Fields) => void {
  const name = rewrite.path.at(-1)!
  if (rewrite.kind === 'ValueSetter') return (of) => set(of, name, rewrite.setValueTo)
  return (of) => {
    const value = get(of, name)
    if (value === undefined) return
    set(of, rewrite.renameKeyTo, value)
    set(of, name, undefined)
  }
}

function at(path: readonly string[], change: (of: Fields) => void, types: Types): Rewrite {
  const [first, ...rest] = path
  if (first === undefined || rest.length === 0) return eachObject(change)
  const inner = at(rest, change, types)
  if (!first.startsWith(fragment)) return eachObject((of) => inner(get(of, first)))
  const passing = types.passing(first.slice(fragment.length))
  return eachObject((of) => {
    const { __typename: name } = of
    if (name === undefined || passing.has(String(name))) inner(of)
  })
}

const eachObject =
  (change: (of: Fields) => void): Rewrite =>
  (value) => {
    if (Array.isArray(value)) for (const element of value) eachObject(change)(element)
    else if (isFields(value)) change(value)
  }

/** Adds to the branches of an answer the names that it has after it was rewritten. */
export function growRenamed(branches: Branches, rewrites: readonly FetchDataRewrite[] | undefined): void {
  for (const rewrite of rewrites ?? []) {
    if (rewrite.kind !== 'KeyRenamer') continue
    let parent: Branches | null | undefined = branches
    const names = rewrite.path.filter((element) => !element.startsWith(fragment))
    for (const name of names.slice(0, -1)) parent = parent?.at.get(name)?.of
    const branch = parent?.at.get(names.at(-1)!)
    if (parent && branch) add(parent, rewrite.renameKeyTo, branch.of)
  }
}
