import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type Location,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { during, type Span } from '#kit/tracing.ts'
import { checkText, type Limits, limitsRule } from './limits.ts'
import type { Operation } from './operation.ts'

/** A document that the schema knows, and its operations as far as they have been asked for, by name. */
export type Document = {
  readonly text: string
  readonly ast: DocumentNode
  /** What it is valid for; the current schema where nothing is said. */
  readonly schema: GraphQLSchema | undefined
  readonly operations: Map<string, Operation>
}
export type Refused = { errors: readonly GraphQLError[]; extensions?: { cost: unknown } }
export type Documents = {
  /** The document of a text, or why it is none. Each text is read once, as long as it is remembered. */
  read(text: string, trace?: Span): Document | Refused
  remembered(): (Document | Refused)[]
  /** Something was compiled for an operation of a document, which is remembered with it. */
  grown(document: Document): void
}
export type DocumentsOptions = {
  limits: Limits
  /** Mutations of which one document may ask for `limits.once`. */
  once?: ReadonlySet<string>
  /** Whether errors suggest names that the schema has. */
  suggests: boolean
  /** How much memory the documents that are remembered may take with their plans, about, in bytes. */
  rememberedBytes: number
}

/** A document that has been found good before. */
export const documentOf = (ast: DocumentNode, text = '', schema?: GraphQLSchema): Document => ({
  text,
  ast,
  schema,
  operations: new Map(),
})

const mostErrors = 20

/** Reads documents for one schema: parsed, within the limits, valid. */
export function createDocuments(schema: GraphQLSchema, options: DocumentsOptions): Documents {
  const { limits, once, suggests, rememberedBytes } = options
  const rules = [limitsRule(limits, once), ...specifiedRules]
  const known = new LRUCache<string, Document | Refused>({
    maxSize: rememberedBytes,
    sizeCalculation: bytesOf,
  })
  const refused = (code: string, errors: readonly GraphQLError[]): Refused => ({
    errors: errors.map((error) => coded(error, code, suggests)),
  })
  const fresh = (text: string, trace?: Span): Document | Refused => {
    let ast: DocumentNode
    try {
      checkText(text, limits)
      ast = during(trace, 'parse', () => parse(text, { maxTokens: limits.tokens }))
    } catch (error) {
      return refused('GRAPHQL_PARSE_FAILED', [error instanceof GraphQLError ? error : tooDeep])
    }
    const code = 'GRAPHQL_VALIDATION_FAILED'
    try {
      const errors = during(trace, 'validate', () => validate(schema, ast, rules, { maxErrors: mostErrors }))
      if (errors.length > 0) return refused(code, errors)
      forgetTokens(ast)
      return documentOf(ast, text, schema)
    } catch (error) {
      // A rule throws, too: at a variable in a subscription's @include.
      if (error instanceof GraphQLError) return refused(code, [error])
      throw error
    }
  }
  return {
    remembered: () => [...known.values()],
    read(text, trace) {
      const before = known.get(text)
      if (before) return before
      const read = fresh(text, trace)
      known.set(text, read)
      return read
    },
    grown(document) {
      const { text } = document
      if (known.peek(text) !== document) return
      // The size of what is there already is not looked at again.
      known.delete(text)
      known.set(text, document)
    },
  }
}

/** Leaves of where nodes stand the place alone: each token holds all the others, and documents are remembered long. */
function forgetTokens(node: unknown): void {
  if (typeof node !== 'object' || node === null) return
  const of = node as Record<string, unknown>
  for (const name in of)
    if (name !== 'loc') forgetTokens(of[name])
    else if (of.loc) {
      const { start, end, source } = of.loc as Location
      of.loc = { start, end, source }
    }
}

// Measured with Nexus's supergraph, operations of 20 to 1,700 characters, by the heap that they take.
const sizes = { document: 1_000, character: 60, operation: 4_000, operationCharacter: 70, plan: 20 }

function bytesOf(read: Document | Refused, text: string): number {
  let bytes = sizes.document + sizes.character * text.length
  if ('errors' in read) return bytes
  for (const { compiled } of read.operations.values())
    for (const { planLength } of compiled.values())
      bytes += sizes.operation + sizes.operationCharacter * text.length + sizes.plan * planLength
  return bytes
}

// The parser calls itself for each bracket, and has no other limit.
const tooDeep = new GraphQLError('The document is nested too deeply')

/** Suggestions would tell strangers what the schema has. */
export const withoutSuggestion = (message: string): string => message.replace(/ ?Did you mean(.+?)\?$/, '')

// Without its nodes and the frames that it was made in: with them the whole document, token by token, would be kept as
// long as its refusal is remembered, 5 MB for 30 KB of text.
function coded({ message, source, positions }: GraphQLError, code: string, suggests: boolean): GraphQLError {
  const told = suggests ? message : withoutSuggestion(message)
  const error = new GraphQLError(told, {
    source: source ?? null,
    positions: positions ?? null,
    extensions: { code },
  })
  error.stack = told
  return error
}
