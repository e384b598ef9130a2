import { type ConstDirectiveNode, type ConstValueNode, Kind } from 'graphql'
import { type Authorizing, argumentOf, textOf } from './directives.ts'

/** One thing that is asked of who wants to see something: with names, all of one of the groups. */
export type Rule =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'requiresScopes' | 'policy'; readonly anyOf: readonly (readonly string[])[] }
/** All that is asked; nothing of anybody where it is empty. */
export type Requirement = readonly Rule[]

export const nothing: Requirement = []

/** What the directives of a type or a field ask. */
export function requirementOf(
  directives: readonly ConstDirectiveNode[] | undefined,
  names: ReadonlyMap<string, Authorizing>,
): Requirement {
  if (!directives?.length) return nothing
  return directives.flatMap((directive): Rule[] => {
    const kind = names.get(directive.name.value)
    if (!kind) return []
    if (kind === 'authenticated') return [{ kind }]
    return [{ kind, anyOf: groupsOf(argumentOf(directive, kind === 'policy' ? 'policies' : 'scopes')) }]
  })
}

/** `[["a", "b"], ["c"]]`. A value stands for a list of it. What cannot be read is a group that nobody has. */
function groupsOf(value: ConstValueNode | undefined): string[][] {
  if (value?.kind !== Kind.LIST) return value ? groupOf(value) : []
  return value.values.flatMap(groupOf)
}

function groupOf(value: ConstValueNode): string[][] {
  const names = (value.kind === Kind.LIST ? value.values : [value]).map(textOf)
  return names.every((name) => name !== undefined) ? [names] : []
}

/** Requirements as one, in an order of its own: those that ask the same are equal, also as JSON. */
export function all(requirements: Iterable<Requirement>): Requirement {
  const rules = new Map<string, Rule>()
  for (const requirement of requirements)
    for (const rule of requirement) {
      const sorted =
        rule.kind === 'authenticated'
          ? rule
          : { ...rule, anyOf: rule.anyOf.map((group) => group.toSorted()).toSorted(byText) }
      rules.set(JSON.stringify(sorted), sorted)
    }
  if (rules.size === 0) return nothing
  return [...rules].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, rule]) => rule)
}

const byText = (one: readonly string[], other: readonly string[]) =>
  JSON.stringify(one) < JSON.stringify(other) ? -1 : 1
