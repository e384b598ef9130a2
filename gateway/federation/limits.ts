import { GraphQLError, type ValidationRule } from 'graphql'
import { measure, type Size } from './limits/measure.ts'

/** How much one document, and the values beside it, may ask. Fragments count wherever they are spread. */
export type Limits = {
  /** Characters of the document, comments and all. */
  characters: number
  /** Tokens of the document; for the parser's `maxTokens`. */
  tokens: number
  operations: number
  fragments: number
  /** Fields inside fields. */
  depth: number
  /** Fields in all. */
  height: number
  /** Fields and fragments in all: what the planner has to go through. */
  selections: number
  aliases: number
  rootFields: number
  /** `__schema` and `__type`: each is answered from the whole schema. */
  introspections: number
  /** Spreads, and fields named again beside themselves: validation compares each with each. */
  repetitions: number
  directives: number
  /** Directives of one selection. */
  directivesEach: number
  /** Arguments of one field or directive. */
  argumentsEach: number
  /** Variables that one operation declares. */
  variables: number
  /** Characters of one string, in the document or in a variable. */
  string: number
  /** Items of one list, or fields of one object, in the document or in a variable. */
  list: number
  /** Lists and objects inside each other, in the document or in a variable. */
  nesting: number
  /** Bytes of all variables as JSON. */
  variableBytes: number
  /** How often one document may ask for the mutations that are for once in a document. */
  once: number
  /** Items of one page: the most that a slicing argument may say. */
  page: number
}

/** For a graph of one's own: at least twice what its own clients ask. */
export const limits: Limits = {
  characters: 50_000,
  tokens: 6_000,
  operations: 10,
  fragments: 100,
  depth: 15,
  height: 1_000,
  selections: 2_000,
  aliases: 30,
  rootFields: 20,
  introspections: 2,
  repetitions: 100,
  directives: 100,
  directivesEach: 4,
  argumentsEach: 20,
  variables: 50,
  string: 50_000,
  list: 1_000,
  nesting: 20,
  variableBytes: 100_000,
  once: 1,
  page: 100,
}

/** For a graph of others, of which nobody here knows how it is asked: what no honest client comes near. */
export const generous: Limits = {
  characters: 1_000_000,
  tokens: 50_000,
  operations: 100,
  fragments: 1_000,
  depth: 100,
  height: 20_000,
  selections: 40_000,
  aliases: 2_000,
  rootFields: 500,
  introspections: 10,
  repetitions: 2_000,
  directives: 1_000,
  directivesEach: 50,
  argumentsEach: 500,
  variables: 500,
  string: 1_000_000,
  list: 50_000,
  nesting: 100,
  variableBytes: 1_000_000,
  once: Number.POSITIVE_INFINITY,
  page: Number.POSITIVE_INFINITY,
}

const refusals: Record<keyof Size, string> = {
  operations: 'operations',
  fragments: 'fragments',
  depth: 'levels of fields',
  height: 'fields',
  selections: 'fields and fragments',
  aliases: 'aliases',
  rootFields: 'root fields',
  introspections: 'questions about the schema',
  repetitions: 'fragment spreads and repeated fields',
  directives: 'directives',
  directivesEach: 'directives at one place',
  argumentsEach: 'arguments at one place',
  variables: 'variables',
  string: 'characters in one string',
  list: 'items in one list or object',
  nesting: 'lists and objects inside each other',
  once: 'mutation of those that are for once in a document',
}

/** Throws GraphQLError for a text that is not worth reading. Comments are no tokens, and cost time. */
export function checkText(text: string, most: Limits = limits): void {
  if (text.length > most.characters)
    throw new GraphQLError(`The document has more than ${most.characters} characters`)
}

/**
 * Refuses a document that asks too much before anything that costs more than reading it once: it goes first
 * among the rules, and hands the others an empty document when it refuses. The parser needs `limits.tokens`.
 * @param once mutations of which one document may ask for `limits.once`, whatever they are called
 */
export function limitsRule(most: Limits = limits, once: ReadonlySet<string> = new Set()): ValidationRule {
  return (context) => ({
    Document(document) {
      const size = measure(document, most, once)
      const broken = (Object.keys(refusals) as (keyof Size)[]).filter((limit) => size[limit] > most[limit])
      for (const limit of broken)
        context.reportError(new GraphQLError(`The document has more than ${most[limit]} ${refusals[limit]}`))
      return broken.length > 0 ? { ...document, definitions: [] } : undefined
    },
  })
}
