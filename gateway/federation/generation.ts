import { buildASTSchema, buildSchema, GraphQLError, type GraphQLSchema, parse } from 'graphql'
import { LRUCache } from 'lru-cache'
import { during, type Span } from '#kit/tracing.ts'
import { accessOf } from './authorize/access.ts'
import type { Judged } from './authorize/judge.ts'
import { completed } from './compile/completed.ts'
import { withDirectives, withoutDirectives } from './compile/executable.ts'
import { keysOf } from './compile/keys.ts'
import { membersOf } from './compile/members.ts'
import { operationIn, requiredOf } from './compile/names.ts'
import { type Compiled, type Compiler, compile, fragmentsOf, outlineOf } from './compile/operation.ts'
import { typesOf } from './compile/types.ts'
import { createDocuments, type Document, type Documents, type DocumentsOptions } from './documents.ts'
import type { Operation } from './operation.ts'
import { type Loaded, type Planner, unplannable } from './planner/planner.ts'
import { createRoom, type Room, type RoomOptions } from './room.ts'
import { introspects } from './shape/introspection.ts'
import { coercing } from './variables.ts'

/** One loaded supergraph: what is derived from its SDL lives and ends with it. */
export type Generation = {
  supergraphSdl: string
  subgraphs: readonly { name: string; url: string }[]
  /** What clients see. */
  schema: GraphQLSchema
  /** Whether errors suggest names that the schema has. */
  suggests: boolean
  read: Documents['read']
  room: Room
  /** How many documents and plans are remembered. */
  remembered(): { documents: number; plans: number }
  /** The operation of a name, or the only one. */
  operation(document: Document, name: string | undefined): Operation | undefined
  /**
   * An operation compiled for what its variables decide by @skip and @include, and for what its caller may see.
   * Rejects with GraphQLError when it cannot be planned.
   */
  compiled(
    operation: Operation,
    variables: Readonly<Record<string, unknown>>,
    judged: Judged,
    trace?: Span,
  ): Compiled | Promise<Compiled>
}
/** Told of plans, to count them. */
export type ObservePlans = {
  planned(seconds: number): void
  /** A plan was there already. */
  known(): void
}
export type GenerationOptions = DocumentsOptions &
  RoomOptions & {
    /** Whether plans are kept, to be shown. */
    keepsPlans?: boolean
    observe?: ObservePlans | undefined
  }

/** How many plans are remembered of one operation, which may have one for each decision of its variables. */
const plansOfOne = 16

export function createGeneration(
  { supergraphSdl, apiSdl, subgraphs }: Loaded,
  plan: Planner,
  { keepsPlans = false, observe, ...options }: GenerationOptions,
): Generation {
  const supergraph = parse(supergraphSdl, { noLocation: true })
  const schema = withDirectives(buildSchema(apiSdl, { noLocation: true, assumeValid: true }), supergraph)
  const types = typesOf(buildASTSchema(supergraph, { assumeValid: true, assumeValidSDL: true }))
  const members = membersOf(supergraph)
  const compiler: Compiler = {
    schema,
    keepsPlans,
    types,
    required: requiredOf(supergraph),
    identify: keysOf(supergraph),
    access: accessOf(supergraph),
    async plan(document, operationName) {
      const own = withoutDirectives(document)
      try {
        const planned = await plan(own, operationName)
        const fragments = fragmentsOf(own)
        return completed(planned, { document: own, operationName, fragments, members, types })
      } catch (error) {
        throw error instanceof GraphQLError ? error : unplannable(error as Error)
      }
    },
  }
  const documents = createDocuments(schema, options)
  const operationOf = (document: Document, name: string | undefined): Operation | undefined => {
    const { ast } = document
    const definition = operationIn(ast, name)
    if (!definition) return undefined
    const fragments = fragmentsOf(ast)
    return {
      document,
      name: definition.name?.value ?? null,
      kind: definition.operation,
      definition,
      fragments,
      outline: outlineOf(compiler, ast, name),
      coerce: coercing(schema, definition),
      introspects: introspects(definition.selectionSet, fragments),
      compiled: new LRUCache({ max: plansOfOne }),
      underWay: new Map(),
    }
  }
  return {
    supergraphSdl,
    subgraphs,
    schema,
    suggests: options.suggests,
    read: documents.read,
    room: createRoom(schema, supergraph, options),
    remembered() {
      const remembered = documents.remembered()
      const operations = remembered.flatMap((of) => ('ast' in of ? [...of.operations.values()] : []))
      const plans = operations.reduce((sum, { compiled }) => sum + compiled.size, 0)
      return { documents: remembered.length, plans }
    },
    operation(document, name) {
      const before = document.operations.get(name ?? '')
      if (before) return before
      const operation = operationOf(document, name)
      if (operation) document.operations.set(name ?? '', operation)
      return operation
    },
    compiled({ document, outline, compiled, underWay }, variables, judged, trace) {
      const isDecided = (variable: string) => variables[variable] === true
      const decided = outline.deciding.map((variable) => Number(isDecided(variable))).join('')
      const key = `${decided} ${judged.judgement}`
      const before = compiled.get(key) ?? underWay.get(key)
      if (before) {
        observe?.known()
        return before
      }
      const compiling = async () => {
        const from = performance.now()
        try {
          const fresh = await compile(compiler, outline, isDecided, judged)
          compiled.set(key, fresh)
          documents.grown(document)
          return fresh
        } finally {
          underWay.delete(key)
          observe?.planned((performance.now() - from) / 1_000)
        }
      }
      const fresh = during(trace, 'plan', compiling)
      underWay.set(key, fresh)
      return fresh
    },
  }
}
