import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql'
import type { Limits } from '../limits.ts'
import { measureLiteral } from './literals.ts'

/** What is counted of a document before anybody knows whether it is valid. */
export type Size = Record<Exclude<keyof Limits, 'characters' | 'tokens' | 'variableBytes' | 'page'>, number>

/** What a selection asks for, with its fragments where they are spread. */
type Asked = {
  depth: number
  height: number
  selections: number
  aliases: number
  rootFields: number
  introspections: number
  once: number
}
const nothing: Asked = {
  depth: 0,
  height: 0,
  selections: 0,
  aliases: 0,
  rootFields: 0,
  introspections: 0,
  once: 0,
}
type Counted = Exclude<keyof Asked, 'depth'>
const below: readonly Counted[] = ['height', 'selections', 'aliases', 'introspections']
const beside: readonly Counted[] = [...below, 'rootFields', 'once']

/**
 * The size of a document: of its largest operation, and of all that stands in it. Each node is seen once. Past a
 * limit it is a lower bound: counting stops there.
 * @param once names of root fields that are counted apart
 */
export function measure(document: DocumentNode, most: Limits, once: ReadonlySet<string> = new Set()): Size {
  const fragments = new Map<string, FragmentDefinitionNode>()
  const measured = new Map<string, Asked>()
  const size: Size = {
    ...nothing,
    operations: 0,
    fragments: 0,
    repetitions: 0,
    directives: 0,
    directivesEach: 0,
    argumentsEach: 0,
    variables: 0,
    string: 0,
    list: 0,
    nesting: 0,
  }

  const countArguments = (given: readonly ArgumentNode[] = []) => {
    size.argumentsEach = Math.max(size.argumentsEach, given.length)
    for (const { value } of given) measureLiteral(value, size, most)
  }
  const countDirectives = (directives: readonly DirectiveNode[] = []) => {
    size.directives += directives.length
    size.directivesEach = Math.max(size.directivesEach, directives.length)
    for (const { arguments: given } of directives) countArguments(given)
  }

  const ofFragment = (name: string, level: number, nested: number): Asked => {
    const known = measured.get(name)
    if (known) return known
    // A fragment that spreads itself counts as nothing inside itself; a rule of its own refuses it.
    measured.set(name, nothing)
    const fragment = fragments.get(name)
    if (!fragment) return nothing
    countDirectives(fragment.directives)
    const asked = ofSet(fragment.selectionSet, level, nested)
    measured.set(name, asked)
    return asked
  }

  const ofField = (asked: Asked, field: FieldNode, level: number, nested: number) => {
    const name = field.name.value
    asked.height++
    asked.rootFields++
    if (field.alias) asked.aliases++
    if (name === '__schema' || name === '__type') asked.introspections++
    if (once.has(name)) asked.once++
    countArguments(field.arguments)
    const inner =
      field.selectionSet && level <= most.depth ? ofSet(field.selectionSet, level + 1, nested + 1) : nothing
    add(asked, inner, 1)
  }

  const ofSet = (set: SelectionSetNode, level: number, nested: number, names = new Set<string>()): Asked => {
    const asked = { ...nothing }
    for (const selection of set.selections) {
      // Whoever is nested deeper has more selections than that in any case.
      if (asked.selections > most.selections || nested > most.selections + 1) break
      if (size.repetitions > most.repetitions) break
      asked.selections++
      countDirectives(selection.directives)
      if (isAgain(selection, names)) size.repetitions++
      if (selection.kind === Kind.FIELD) ofField(asked, selection, level, nested)
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        add(asked, ofSet(selection.selectionSet, level, nested + 1, names), 0)
      else add(asked, ofFragment(selection.name.value, level, nested + 1), 0)
    }
    return asked
  }

  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) {
      size.operations++
      const { variableDefinitions = [], directives, selectionSet } = definition
      size.variables = Math.max(size.variables, variableDefinitions.length)
      countDirectives(directives)
      for (const variable of variableDefinitions) {
        countDirectives(variable.directives)
        size.nesting = Math.max(size.nesting, listsIn(variable.type))
        if (variable.defaultValue) measureLiteral(variable.defaultValue, size, most)
      }
      enlarge(size, ofSet(selectionSet, 1, 1))
    } else if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      size.fragments++
      // Also those that nothing spreads: validation reads them all the same.
      enlarge(size, { ...ofFragment(definition.name.value, 1, 1), rootFields: 0, once: 0 })
    }
  }
  return size
}

/** How many lists the type of a variable is. */
function listsIn(type: TypeNode): number {
  let lists = 0
  let inner = type
  while (inner.kind !== Kind.NAMED_TYPE) {
    if (inner.kind === Kind.LIST_TYPE) lists++
    inner = inner.type
  }
  return lists
}

function isAgain(selection: SelectionNode, names: Set<string>): boolean {
  if (selection.kind !== Kind.FIELD) return selection.kind === Kind.FRAGMENT_SPREAD
  const name = (selection.alias ?? selection.name).value
  if (names.has(name)) return true
  names.add(name)
  return false
}

function add(asked: Asked, inner: Asked, deeper: 0 | 1) {
  asked.depth = Math.max(asked.depth, inner.depth + deeper)
  for (const count of deeper ? below : beside) asked[count] += inner[count]
}

function enlarge(size: Size, asked: Asked) {
  for (const count of Object.keys(asked) as (keyof Asked)[]) size[count] = Math.max(size[count], asked[count])
}
