import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql'

/** How much one document may ask. Fragments count wherever they are spread. */
export type Limits = {
  /** Tokens of the document; for the parser's `maxTokens`. */
  tokens: number
  /** Fields inside fields. */
  depth: number
  aliases: number
  rootFields: number
  /** Fields and fragments in all. */
  selections: number
  /** Spreads, and fields named again beside themselves: validation compares each with each. */
  repetitions: number
}
type Limit = Exclude<keyof Limits, 'tokens'>
export type Size = Record<Limit, number>

export const limits: Limits = {
  tokens: 15_000,
  depth: 15,
  aliases: 30,
  rootFields: 20,
  selections: 2_000,
  repetitions: 100,
}

const refusals: Record<Limit, string> = {
  depth: 'levels of fields',
  aliases: 'aliases',
  rootFields: 'root fields',
  selections: 'fields',
  repetitions: 'fragment spreads and repeated fields',
}

/**
 * Refuses a document that asks too much before anything that costs more than reading it once: it goes first
 * among the rules, and hands the others an empty document when it refuses. The parser needs `limits.tokens`.
 */
export function limitsRule(most: Limits = limits): ValidationRule {
  return (context) => ({
    Document(document) {
      const size = measure(document, most)
      const broken = (Object.keys(refusals) as Limit[]).filter((limit) => size[limit] > most[limit])
      for (const limit of broken)
        context.reportError(new GraphQLError(`The document has more than ${most[limit]} ${refusals[limit]}`))
      return broken.length > 0 ? { ...document, definitions: [] } : undefined
    },
  })
}

const nothing: Size = { depth: 0, aliases: 0, rootFields: 0, selections: 0, repetitions: 0 }

const largest = (one: Size, other: Size): Size => ({
  depth: Math.max(one.depth, other.depth),
  aliases: Math.max(one.aliases, other.aliases),
  rootFields: Math.max(one.rootFields, other.rootFields),
  selections: Math.max(one.selections, other.selections),
  repetitions: Math.max(one.repetitions, other.repetitions),
})

/** The size of a document's largest operation. Past a limit it is a lower bound: counting stops there. */
export function measure(document: DocumentNode, most: Limits = limits): Size {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const measured = new Map<string, Size>()
  let repetitions = 0

  const sizeOfFragment = (name: string, level: number): Size => {
    const known = measured.get(name)
    if (known) return known
    // A fragment that spreads itself counts as nothing inside itself; a rule of its own refuses it.
    measured.set(name, nothing)
    const fragment = fragments.get(name)
    const size = fragment ? sizeOf(fragment.selectionSet, level) : nothing
    measured.set(name, size)
    return size
  }

  const sizeOf = (set: SelectionSetNode, level: number, names = new Set<string>()): Size => {
    const size = { ...nothing }
    const add = (inner: Size, deeper: 0 | 1) => {
      size.depth = Math.max(size.depth, inner.depth + deeper)
      size.aliases += inner.aliases
      size.selections += inner.selections
      if (deeper === 0) size.rootFields += inner.rootFields
    }
    for (const selection of set.selections) {
      if (size.selections > most.selections || repetitions > most.repetitions) break
      size.selections++
      if (selection.kind === Kind.INLINE_FRAGMENT) add(sizeOf(selection.selectionSet, level, names), 0)
      else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        repetitions++
        add(sizeOfFragment(selection.name.value, level), 0)
      } else {
        const name = (selection.alias ?? selection.name).value
        if (names.has(name)) repetitions++
        names.add(name)
        if (selection.alias) size.aliases++
        size.rootFields++
        const goOn = selection.selectionSet && level <= most.depth
        add(goOn ? sizeOf(selection.selectionSet, level + 1) : nothing, 1)
      }
    }
    return size
  }

  let size = nothing
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION)
      size = largest(size, sizeOf(definition.selectionSet, 1))
    // Also those that nothing spreads: validation reads them all the same.
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      size = largest(size, { ...sizeOfFragment(definition.name.value, 1), rootFields: 0 })
  }
  return { ...size, repetitions }
}
