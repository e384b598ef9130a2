import {
  buildASTSchema,
  buildSchema,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  parse,
  print,
  specifiedRules,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { keysOf } from './compile/keys.ts'
import { requiredOf } from './compile/names.ts'
import { type Compiled, type Compiler, compile, type Outline, outlineOf } from './compile/operation.ts'
import { typesOf } from './compile/types.ts'
import { type Loaded, type Planner, unplannable } from './planner/planner.ts'

/** One loaded supergraph: what is derived from its SDL lives and ends with it. */
export type Generation = {
  supergraphSdl: string
  subgraphs: readonly { name: string; url: string }[]
  /** What clients see. */
  schema: GraphQLSchema
  /**
   * An operation compiled for what its variables decide by @skip and @include. Rejects with GraphQLError when it
   * cannot be planned. `queryHash` must identify the document.
   */
  compiled(
    document: DocumentNode,
    queryHash: string,
    operationName: string | undefined,
    variables: Readonly<Record<string, unknown>>,
  ): Compiled | Promise<Compiled>
  /** Why a document that was valid for another schema is not for this one; empty when it is. */
  faults(document: DocumentNode): readonly GraphQLError[]
}

// Measured with Nexus's supergraph, 20 to 1,700 characters of text: within a fifth. Tokens and locations of the
// document, which its errors need, are a good part of it.
const sizes = { entry: 4_000, text: 130, plan: 20, outline: 60 }
const mostFaults = 20

/** @param options.planBytes how much memory compiled plans may take, about */
export function createGeneration(
  { supergraphSdl, apiSdl, subgraphs }: Loaded,
  plan: Planner,
  { planBytes }: { planBytes: number },
): Generation {
  const schema = buildSchema(apiSdl, { noLocation: true, assumeValid: true })
  const document = parse(supergraphSdl, { noLocation: true })
  const compiler: Compiler = {
    schema,
    types: typesOf(buildASTSchema(document, { assumeValid: true, assumeValidSDL: true })),
    required: requiredOf(document),
    identify: keysOf(document),
    plan: (document, operationName) =>
      plan(document, operationName).catch((error) => {
        throw error instanceof GraphQLError ? error : unplannable(error)
      }),
  }
  const outlines = new LRUCache<string, Outline>({ maxSize: planBytes / 4 })
  const known = new LRUCache<string, Compiled>({ maxSize: (planBytes * 3) / 4 })
  const checked = new WeakMap<DocumentNode, readonly GraphQLError[]>()
  const underWay = new Map<string, Promise<Compiled>>()
  return {
    supergraphSdl,
    subgraphs,
    schema,
    compiled(document, queryHash, operationName, variables) {
      const name = operationName ? `${queryHash}/${operationName}` : queryHash
      let outline = outlines.get(name)
      if (!outline) {
        outline = outlineOf(compiler, document, operationName)
        outlines.set(name, outline, { size: sizes.entry + sizes.outline * lengthOf(document) })
      }
      const isDecided = (variable: string) => variables[variable] === true
      const key = `${name} ${outline.deciding.map((variable) => Number(isDecided(variable))).join('')}`
      const before = known.get(key) ?? underWay.get(key)
      if (before) return before
      const fresh = compile(compiler, outline, isDecided)
        .then((compiled) => {
          const { entry, text, plan } = sizes
          const size = entry + text * lengthOf(document) + plan * compiled.planLength
          known.set(key, compiled, { size })
          return compiled
        })
        .finally(() => underWay.delete(key))
      underWay.set(key, fresh)
      return fresh
    },
    faults(document) {
      const before = checked.get(document)
      if (before) return before
      const faults = faultsOf(schema, document)
      checked.set(document, faults)
      return faults
    },
  }
}

function faultsOf(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  try {
    return validate(schema, document, specifiedRules, { maxErrors: mostFaults })
  } catch (error) {
    // A rule throws, too: at a variable in a subscription's @include.
    if (error instanceof GraphQLError) return [error]
    throw error
  }
}

const lengthOf = (document: DocumentNode) => document.loc?.source.body.length ?? print(document).length
