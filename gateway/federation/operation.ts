import {
  type ExecutionResult,
  GraphQLError,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql'
import type { LRUCache } from 'lru-cache'
import { deadlineIn } from '#kit/deadline.ts'
import { during, type Span } from '#kit/tracing.ts'
import type { SubgraphResponse } from '#kit/transport.ts'
import { answered, rejected, report } from './authorize/answer.ts'
import { type Authorization, type Judgement, judge } from './authorize/judge.ts'
import type { Fragments } from './compile/branches.ts'
import type { Compiled, Outline } from './compile/operation.ts'
import type { Cost } from './cost/demand.ts'
import { type Document, type Refused, withoutSuggestion } from './documents.ts'
import type { Run } from './execute/run.ts'
import type { Generation } from './generation.ts'
import { createTold } from './shape/told.ts'
import type { Sources } from './source.ts'
import type { Coerce } from './variables.ts'

/** One operation of a document: what it is compiled from, and what it was compiled to. */
export type Operation = {
  readonly document: Document
  readonly name: string | null
  readonly kind: `${OperationTypeNode}`
  readonly definition: OperationDefinitionNode
  readonly fragments: Fragments
  readonly outline: Outline
  readonly coerce: Coerce
  /** Whether it asks of the schema itself. */
  readonly introspects: boolean
  /** By what its variables decide of what it asks for. */
  readonly compiled: LRUCache<string, Compiled>
  /** What is being compiled, for all who ask for it meanwhile. */
  readonly underWay: Map<string, Promise<Compiled>>
}
export type Asked = {
  document: Document
  operationName?: string | null | undefined
  variables?: Record<string, unknown> | null | undefined
  /** The door has bounded them itself, such as the document in the body of a route. */
  measured?: boolean | undefined
  context: object
  trace?: Span | undefined
}
/** Who asks, who decides what they may see, and how long all of it may take, in milliseconds. */
export type Caller = { context: unknown; authorization: Authorization; deadlineMs: number }
export type Prepared = {
  /** What of it the caller may see. */
  judgement: Judgement
  judgeAgain(): Judgement | Promise<Judgement>
  compiled: Compiled
  /** As the schema has them: defaults filled in. */
  variables: Record<string, unknown>
  /** As the client gave them. */
  given: Record<string, unknown>
  /** What it was estimated to cost, where that is of interest. */
  cost: Cost | undefined
}

export const unanswerable = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } })

/**
 * The compiled plan and the coerced variables of an operation, or why it cannot run.
 * @param kinds what may be asked here; `check` refuses more by throwing GraphQLError
 */
export async function prepare(
  { schema, suggests, operation: find, compiled, room }: Generation,
  asked: Asked,
  kinds: readonly `${OperationTypeNode}`[],
  { context, authorization, deadlineMs }: Caller,
  check?: (operation: Operation) => void,
): Promise<Prepared | Refused> {
  const { document, operationName, variables, trace } = asked
  try {
    const operation = find(document, operationName || undefined)
    if (!operation) throw unanswerable('There is no such operation')
    if (!schema.getRootType(operation.definition.operation) || !kinds.includes(operation.kind))
      throw unanswerable(`This graph answers no ${operation.kind}`)
    const { guarded } = operation.outline
    const judgeAgain = () => (guarded ? judge(guarded, authorization, context, deadlineMs) : '')
    const judging = during(trace, 'authorize', () => {
      check?.(operation)
      return judgeAgain()
    })
    const judgement = typeof judging === 'string' ? judging : await judging
    const given = variables ?? {}
    if (!asked.measured) room.given(given)
    const coerced = operation.coerce(given)
    if ('errors' in coerced) return { errors: coerced.errors.map((error) => badUserInput(error, suggests)) }
    const { values } = coerced
    const cost = room.taken(operation, asked, values)
    const { dryRun = false } = authorization
    const found = await compiled(operation, values, { judgement, dryRun }, trace)
    const { refusals } = found
    if (refusals.length > 0) {
      report(authorization, refusals, { context, operationName: operation.name })
      if (authorization.mode === 'reject' && !dryRun) return rejected(refusals, authorization.errors)
    }
    return { compiled: found, judgement, judgeAgain, variables: values, given, cost }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const { cost } = error.extensions
    return { errors: [error], ...(cost !== undefined && { extensions: { cost } }) }
  }
}

const badUserInput = (error: GraphQLError, suggests: boolean) =>
  new GraphQLError(suggests ? error.message : withoutSuggestion(error.message), {
    nodes: error.nodes ?? null,
    originalError: error,
    extensions: { code: 'BAD_USER_INPUT' },
  })

export type Running = Caller & {
  event?: SubgraphResponse
  trace?: Span | undefined
  /** Whether JSON's text will do. */
  asText?: boolean | undefined
}

/** An answer; as JSON's text alone where that was asked for and could be had. */
export type Result = ExecutionResult & { json?: string | undefined }

/**
 * Runs an operation; what has not answered within `deadlineMs` is null. Never throws.
 * @param event what the subgraph of a subscription has told
 */
export async function run(
  sources: Sources,
  { compiled, variables, given }: Prepared,
  { context, deadlineMs, authorization, event, trace, asText }: Running,
): Promise<Result> {
  const deadline = deadlineIn(deadlineMs)
  const run: Run = {
    sources,
    variables,
    context,
    deadline,
    trace,
    event,
    known: asText ? [] : undefined,
    isFresh: compiled.kind !== 'query',
    data: {},
    failures: [],
    lost: new Set(),
    broken: new Set(),
  }
  try {
    const json = asText && (await compiled.weave?.(run))
    if (json) return { json }
    await compiled.step(run)
  } finally {
    deadline.clear()
  }
  const shaping = trace?.child('shape')
  const told = createTold(run.failures, compiled.asked, compiled.toClient)
  const introspect = compiled.introspect(given)
  const data = compiled.shape(run.data, { path: [], told, lost: run.lost, introspect })
  const errors = told.finish(data)
  shaping?.end()
  const answer = errors.length > 0 ? { data, errors } : { data }
  return compiled.refusals.length > 0 && !authorization.dryRun
    ? answered(answer, told.withheld(data), authorization.errors)
    : answer
}
