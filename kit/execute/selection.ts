import {
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  isAbstractType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import type { Operation } from './operation.ts'

/** What is selected of an object, in the order of the answer. */
export type Selected = readonly (readonly [name: string, nodes: readonly FieldNode[]])[]

/** The fields that some selections ask of an object of a type, where nothing is skipped or included by a condition. */
export function selectedOf(
  { schema, fragments }: Operation,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): Selected {
  const fields = new Map<string, FieldNode[]>()
  const seen = new Set<string>()
  const isFor = (condition: string | undefined): boolean => {
    if (condition === undefined || condition === type.name) return true
    const other: GraphQLNamedType | undefined = schema.getType(condition)
    return isAbstractType(other) && schema.isSubType(other, type)
  }
  const unseen = (name: string) => {
    if (seen.has(name)) return undefined
    seen.add(name)
    return fragments[name]
  }
  const walk = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value
        const known = fields.get(name)
        if (known) known.push(selection)
        else fields.set(name, [selection])
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : unseen(selection.name.value)
      if (fragment && isFor(fragment.typeCondition?.name.value)) walk(fragment.selectionSet)
    }
  }
  for (const set of sets) walk(set)
  return [...fields]
}
