import {
  type DocumentNode,
  type FieldNode,
  type InlineFragmentNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Fragments } from '../compile/branches.ts'
import { type Access, isPlainField } from './access.ts'
import type { Requirement } from './requirement.ts'

/** A selection of an operation, and what stands inside of it. */
export type Part = {
  readonly selection: FieldNode | InlineFragmentNode
  /** Which of the operation's requirements it has; -1 for none. */
  readonly guard: number
  /** `Type.field`, or the type of a fragment. */
  readonly coordinate: string
  readonly isList: boolean
  readonly parts: readonly Part[]
}
/** An operation that not everybody may see as a whole. Its fragments are opened: each selection is at one place. */
export type Guarded = {
  readonly operation: OperationDefinitionNode
  readonly parts: readonly Part[]
  /** Each once. */
  readonly requirements: readonly Requirement[]
  /** The names of the policies among them. */
  readonly policies: readonly string[]
}

/**
 * What an operation asks of who wants to see its fields; null where it asks nothing of anybody. Fragments that
 * spread themselves must have been refused before.
 * @param root the type of its root
 */
export function guardsOf(
  access: Access,
  operation: OperationDefinitionNode,
  { root, fragments }: { root: string; fragments: Fragments },
): Guarded | null {
  if (access.isOpen) return null
  const requirements: Requirement[] = []
  const numbers = new Map<string, number>()
  const guardOf = (requirement: Requirement): number => {
    if (requirement.length === 0) return -1
    const key = JSON.stringify(requirement)
    const number = numbers.get(key) ?? requirements.push(requirement) - 1
    numbers.set(key, number)
    return number
  }

  const partsOf = (set: SelectionSetNode | undefined, type: string): Part[] =>
    set?.selections.map((selection) => partOf(selection, type)) ?? []
  const partOf = (selection: SelectionNode, type: string): Part => {
    if (selection.kind === Kind.FIELD) return fieldOf(selection, type)
    const fragment = opened(selection, fragments)
    const on = fragment.typeCondition?.name.value ?? type
    const parts = partsOf(fragment.selectionSet, on)
    const guard = guardOf(access.ofType(on))
    return { selection: withParts(fragment, parts), guard, coordinate: on, isList: false, parts }
  }
  const fieldOf = (field: FieldNode, type: string): Part => {
    const { value: name } = field.name
    const coordinate = `${type}.${name}`
    // Of the schema, and of the names of types, everybody may know.
    if (name.startsWith('__')) return { selection: field, guard: -1, coordinate, isList: false, parts: [] }
    const { type: returned, isList } = access.returned(type, name)
    const isPlain = field.selectionSet?.selections.some(isPlainField) ?? false
    const parts = partsOf(field.selectionSet, returned)
    const guard = guardOf(access.ofField(type, name, isPlain))
    return { selection: withParts(field, parts), guard, coordinate, isList, parts }
  }

  const parts = partsOf(operation.selectionSet, root)
  if (requirements.length === 0) return null
  return { operation: withParts(operation, parts), parts, requirements, policies: policiesOf(requirements) }
}

const policiesOf = (requirements: readonly Requirement[]): string[] => [
  ...new Set(requirements.flat().flatMap((rule) => (rule.kind === 'policy' ? rule.anyOf.flat() : []))),
]

const opened = (selection: Exclude<SelectionNode, FieldNode>, fragments: Fragments): InlineFragmentNode => {
  if (selection.kind === Kind.INLINE_FRAGMENT) return selection
  const { typeCondition, selectionSet } = fragments.get(selection.name.value)!
  const { directives = [] } = selection
  return { kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet }
}

/** A copy, always: what a fragment selects at one place is told apart from the same at another. */
const withParts = <Node extends { selectionSet?: SelectionSetNode | undefined }>(
  node: Node,
  parts: readonly Part[],
): Node => ({
  ...node,
  ...(node.selectionSet && { selectionSet: setOf(parts.map(({ selection }) => selection)) }),
})

export const setOf = (selections: readonly SelectionNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections,
})

/** A document of one operation, whose fragments are opened. */
export const documentOf = (operation: OperationDefinitionNode): DocumentNode => ({
  kind: Kind.DOCUMENT,
  definitions: [operation],
})
