import {
  type Operation,
  operationFromDocument,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
} from '@apollo/federation-internals'
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner'
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse } from 'graphql'
import { LRUCache } from 'lru-cache'
import { withDirectives, withoutDirectives } from './compile/executable.ts'
import { keysOf } from './compile/keys.ts'
import { requiredOf } from './compile/names.ts'
import { type Compiled, type Compiler, compile, type Outline, outlineOf } from './compile/operation.ts'
import { plannable } from './compile/plannable.ts'
import { typesOf } from './compile/types.ts'
import { withVariants } from './compile/variants.ts'

/** Turns an operation into the calls that answer it: the one thing that is Apollo's planner's own. */
export type Planner = (operation: Operation) => QueryPlan
export type PlannerOf = (supergraph: Supergraph) => Planner

/** One loaded supergraph: what is derived from its SDL lives and ends with it. */
export type Generation = {
  supergraphSdl: string
  subgraphs: readonly { name: string; url: string }[]
  /** What clients see. */
  schema: GraphQLSchema
  /**
   * An operation compiled for what its variables decide by @skip and @include. Throws GraphQLError when it cannot
   * be planned. `queryHash` must identify the document.
   */
  compiled(
    document: DocumentNode,
    queryHash: string,
    operationName: string | undefined,
    variables: Readonly<Record<string, unknown>>,
  ): Compiled
}

// Where every subgraph can answer everything, 126 selections took 590 ms with Apollo’s 10,000, 74 ms with this.
const maxEvaluatedPlans = 1_000

export const apolloPlanner: PlannerOf = (supergraph) => {
  const planner = new QueryPlanner(supergraph, {
    // Without, one name that two types ask with different arguments is fetched for both, and one of them loses.
    typeConditionedFetching: true,
    debug: { maxEvaluatedPlans },
  })
  return (operation) => planner.buildQueryPlan(operation)
}

// The planner runs out of memory for its own lists where many types meet in many fragments.
const unplannable = (originalError: Error) =>
  new GraphQLError('This operation cannot be planned; ask for less of it at once', {
    originalError,
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
  })

/**
 * Loads a supergraph SDL. Throws when it is not one, or asks for a feature that nobody knows.
 * @param options.plans how many compiled plans are remembered, by operation text and name
 */
export function createGeneration(
  supergraphSdl: string,
  { plans, plannerOf = apolloPlanner }: { plans: number; plannerOf?: PlannerOf | undefined },
): Generation {
  const supergraph = Supergraph.build(supergraphSdl, {
    supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  })
  const document = parse(supergraphSdl, { noLocation: true })
  const schema = withDirectives(supergraph.apiSchema().toGraphQLJSSchema(), document)
  const told = plannable(document)
  const planned = Supergraph.build(told.document, {
    supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
    // Where variants stand for them, external fields have nobody who requires them.
    validateSupergraph: false,
  })
  const plannedApi = planned.apiSchema()
  const plan = plannerOf(planned)
  const compiler: Compiler = {
    schema,
    types: typesOf(supergraph.schema.toGraphQLJSSchema()),
    required: requiredOf(document),
    identify: keysOf(document),
    plan: (document, operationName) => {
      try {
        const options = operationName ? { operationName } : {}
        const operation = operationFromDocument(plannedApi, withoutDirectives(document), options)
        return withVariants(plan(operation), told)
      } catch (error) {
        throw error instanceof GraphQLError ? error : unplannable(error as Error)
      }
    },
  }
  const outlines = new LRUCache<string, Outline>({ max: plans })
  const known = new LRUCache<string, Compiled>({ max: plans })
  return {
    supergraphSdl,
    subgraphs: [...supergraph.subgraphsMetadata()],
    schema,
    compiled(document, queryHash, operationName, variables) {
      const name = operationName ? `${queryHash}/${operationName}` : queryHash
      const outline = outlines.get(name) ?? outlineOf(compiler, document, operationName)
      outlines.set(name, outline)
      const isDecided = (variable: string) => variables[variable] === true
      const key = `${name} ${outline.deciding.map((variable) => Number(isDecided(variable))).join('')}`
      const before = known.get(key)
      if (before) return before
      const fresh = compile(compiler, outline, isDecided)
      known.set(key, fresh)
      return fresh
    },
  }
}
