import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, specifiedRules, validate } from 'graphql'
import { LRUCache } from 'lru-cache'
import { type Limits, limitsRule } from './limits.ts'
import type { Operation } from './operation.ts'

/** A document that the schema knows, and its operations as far as they have been asked for, by name. */
export type Document = {
  readonly text: string
  readonly ast: DocumentNode
  readonly operations: Map<string, Operation>
}
export type Refused = { errors: readonly GraphQLError[] }
export type Documents = {
  /** The document of a text, or why it is none. Each text is read once, as long as it is remembered. */
  read(text: string): Document | Refused
}
export type DocumentsOptions = {
  limits: Limits
  /** Whether errors suggest names that the schema has. */
  suggests: boolean
  /** How many documents are remembered, and how many characters of them. */
  remembered?: { documents: number; characters: number }
}

/** A document that has been found good before. */
export const documentOf = (ast: DocumentNode, text = ''): Document => ({ text, ast, operations: new Map() })

const defaults = { documents: 1_000, characters: 10_000_000 }
const mostErrors = 20

/** Reads documents for one schema: parsed, within the limits, valid. */
export function createDocuments(schema: GraphQLSchema, options: DocumentsOptions): Documents {
  const { limits, suggests, remembered = defaults } = options
  const rules = [limitsRule(limits), ...specifiedRules]
  const known = new LRUCache<string, Document | Refused>({
    max: remembered.documents,
    maxSize: remembered.characters,
    sizeCalculation: (_document, text) => text.length + 1,
  })
  const refused = (code: string, errors: readonly GraphQLError[]): Refused => ({
    errors: errors.map((error) => coded(error, code, suggests)),
  })
  const fresh = (text: string): Document | Refused => {
    let ast: DocumentNode
    try {
      ast = parse(text, { maxTokens: limits.tokens })
    } catch (error) {
      return refused('GRAPHQL_PARSE_FAILED', [error instanceof GraphQLError ? error : tooDeep])
    }
    const code = 'GRAPHQL_VALIDATION_FAILED'
    try {
      const errors = validate(schema, ast, rules, { maxErrors: mostErrors })
      return errors.length === 0 ? documentOf(ast, text) : refused(code, errors)
    } catch (error) {
      // A rule throws, too: at a variable in a subscription's @include.
      if (error instanceof GraphQLError) return refused(code, [error])
      throw error
    }
  }
  return {
    read(text) {
      const before = known.get(text)
      if (before) return before
      const read = fresh(text)
      known.set(text, read)
      return read
    },
  }
}

// The parser calls itself for each bracket, and has no other limit.
const tooDeep = new GraphQLError('The document is nested too deeply')

/** Suggestions would tell strangers what the schema has. */
export const withoutSuggestion = (message: string): string => message.replace(/ ?Did you mean(.+?)\?$/, '')

const coded = ({ message, nodes, source, positions }: GraphQLError, code: string, suggests: boolean) =>
  new GraphQLError(suggests ? message : withoutSuggestion(message), {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    extensions: { code },
  })
