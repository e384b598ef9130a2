import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type SelectionNode,
  visit,
} from 'graphql'

/** The values of the variables that decide, by @skip and @include, which fields are asked for. */
export type Decisions = ReadonlyMap<string, boolean>

/** The variables that decide which fields are asked for. */
export function decidingVariables(document: DocumentNode): string[] {
  const names = new Set<string>()
  visit(document, {
    Directive({ name, arguments: given }) {
      const value = given?.[0]?.value
      if ((name.value === 'skip' || name.value === 'include') && value?.kind === Kind.VARIABLE)
        names.add(value.name.value)
    },
  })
  return [...names]
}

/** Whether a selection is asked for. */
export const isIncluded = ({ directives }: SelectionNode, decisions: Decisions): boolean =>
  !directives?.length ||
  directives.every((directive) => {
    const { value: name } = directive.name
    if (name === 'skip') return !isTrue(directive, decisions)
    return name !== 'include' || isTrue(directive, decisions)
  })

function isTrue({ arguments: given }: DirectiveNode, decisions: Decisions): boolean {
  const value = given?.[0]?.value
  if (value?.kind === Kind.VARIABLE) return decisions.get(value.name.value) === true
  return value?.kind === Kind.BOOLEAN && value.value
}

/**
 * A document without what is not asked for. A plan for it needs no conditions, and requires nothing for fields
 * that nobody asks for. An object of which no field is left is asked for its type: it may still be null.
 */
export function decided(document: DocumentNode, decisions: Decisions): DocumentNode {
  const spread = (selection: SelectionNode) =>
    selection.kind === Kind.FRAGMENT_SPREAD || selection.selectionSet?.selections.length !== 0
  const conditions = (directives: readonly DirectiveNode[] | undefined) =>
    directives?.filter(({ name }) => name.value !== 'skip' && name.value !== 'include') ?? []
  const pruned: DocumentNode = visit(document, {
    SelectionSet: {
      leave: (set) => ({ ...set, selections: set.selections.filter(spread) }),
    },
    Field: {
      enter: (field) => (isIncluded(field, decisions) ? undefined : null),
      leave: (field) => ({ ...whole(field), directives: conditions(field.directives) }),
    },
    InlineFragment: {
      enter: (fragment) => (isIncluded(fragment, decisions) ? undefined : null),
      leave: (fragment) => ({ ...fragment, directives: conditions(fragment.directives) }),
    },
    FragmentSpread(fragment) {
      if (!isIncluded(fragment, decisions)) return null
      return { ...fragment, directives: conditions(fragment.directives) }
    },
    OperationDefinition: { leave: whole },
    FragmentDefinition: { leave: whole },
  })
  return withoutUnused(pruned)
}

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

function whole<Node extends Pick<FieldNode, 'selectionSet'>>(node: Node): Node {
  const { selectionSet } = node
  return selectionSet?.selections.length === 0
    ? { ...node, selectionSet: { ...selectionSet, selections: [typename] } }
    : node
}

function withoutUnused(document: DocumentNode): DocumentNode {
  const used = new Set<string>()
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void used.add(name.value),
  })
  return visit(document, {
    VariableDefinition: ({ variable }) => (used.has(variable.name.value) ? false : null),
  })
}
