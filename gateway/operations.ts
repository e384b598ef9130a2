import type { ExecutionResult, FormattedExecutionResult, GraphQLError } from 'graphql'
import { isErrorCode, statusOfCode } from '#kit/errors.ts'
import type { Log } from '#kit/log.ts'
import type { Metrics } from '#kit/metrics.ts'
import type { Span, Tracer } from '#kit/tracing.ts'
import type { GatewayContext } from './context.ts'
import { logMasked, presented, publicError, thrown } from './errors.ts'
import type { Document, Refused } from './federation/documents.ts'
import type { Engine } from './federation/engine.ts'
import type { Result } from './federation/operation.ts'
import { createReader, type Named, type Persisted } from './federation/persisted.ts'

export type Asked = Named & {
  operationName?: string | null | undefined
  variables?: Record<string, unknown> | null | undefined
  /** The door has bounded the variables itself: they are not measured again. */
  measured?: boolean | undefined
}
export type Answer = FormattedExecutionResult
export type Counted = (operationName: string | null | undefined, errors?: readonly GraphQLError[]) => void

/** What every door answers with: its answers and errors are fit for clients, counted, and logged where masked. */
export type Operations = {
  /** Answers a query or a mutation. Throws nothing. */
  answer(asked: Asked, context: GatewayContext): Promise<Answer>
  /** The same as HTTP sends it. */
  write(asked: Asked, context: GatewayContext): Promise<Written>
  /** The text that a question means, or why it is none that is answered. */
  textOf(asked: Named, context: GatewayContext): string | Refused
  /** The document of that text. */
  read(asked: Named, context: GatewayContext): Document | Refused
  execute(document: Document, asked: Omit<Asked, keyof Named>, context: GatewayContext): Promise<Answer>
  present(result: ExecutionResult, context: GatewayContext): Answer
  failed(error: unknown, context: GatewayContext): Answer
}
export type Written = { status: number; body: string }

export function createOperations({
  engine,
  persisted,
  only,
  log,
  metrics,
  tracer,
}: {
  engine: Engine
  persisted: Persisted
  /** Whether somebody may ask registered operations only. */
  only(context: GatewayContext): boolean
  log: Log
  metrics: Metrics
  tracer?: Tracer | null | undefined
}): Operations {
  const begun = ({ requestId, traceparent }: GatewayContext) => {
    const trace = tracer?.start('operation', traceparent)
    trace?.set({ 'nexus.request_id': requestId })
    return trace
  }
  const present: Operations['present'] = ({ data, errors, extensions }, { requestId }) => {
    if (!errors) return extensions ? { data, extensions } : { data }
    logMasked(log, requestId, errors)
    return {
      errors: errors.map((error) => presented(error.toJSON())),
      ...(data !== undefined && { data }),
      ...(extensions && { extensions }),
    }
  }
  const failed: Operations['failed'] = (error, { requestId }) => {
    const { code, message } = thrown(error, log, requestId)
    return { errors: [{ message, extensions: { code } }] }
  }
  const resultOf = async (
    document: Document,
    asked: Omit<Asked, keyof Named>,
    context: GatewayContext,
    trace: Span | undefined,
    asText = false,
  ) => {
    const counted = counting(metrics)
    const { asksForPlan } = context
    let failed: string | undefined = 'thrown'
    try {
      const result = await engine.execute({ ...asked, document, context, trace, asksForPlan, asText })
      counted(nameOf(document, asked.operationName), result.errors)
      failed = codeOf(result)
      return result
    } finally {
      trace?.set({ 'graphql.operation.name': nameOf(document, asked.operationName) ?? undefined })
      trace?.end(failed)
    }
  }
  const refused = (errors: readonly GraphQLError[]): Result => {
    counting(metrics)(null, errors)
    return { errors }
  }
  const reader = (trace?: Span) => createReader(persisted, (text) => engine.read(text, trace))
  const untraced = reader()
  const read: Operations['read'] = (asked, context) => untraced.read(asked, only(context))
  const answer = (asked: Asked, context: GatewayContext, asText = false): Promise<Result> | Result => {
    const trace = begun(context)
    const document = trace ? reader(trace).read(asked, only(context)) : read(asked, context)
    if ('ast' in document) return resultOf(document, asked, context, trace, asText)
    trace?.end(codeOf(document))
    return refused(document.errors)
  }
  const presentedBy = async (
    ask: () => Result | Promise<Result>,
    context: GatewayContext,
  ): Promise<Answer> => {
    try {
      return present(await ask(), context)
    } catch (error) {
      return failed(error, context)
    }
  }
  return {
    present,
    failed,
    textOf: (asked, context) => untraced.textOf(asked, only(context)),
    read,
    execute: (document, asked, context) =>
      presentedBy(() => resultOf(document, asked, context, begun(context)), context),
    answer: (asked, context) => presentedBy(() => answer(asked, context), context),
    async write(asked, context) {
      try {
        const result = await answer(asked, context, true)
        if (result.json) return { status: 200, body: `${result.json}\n` }
        return written(present(result, context))
      } catch (error) {
        return written(failed(error, context))
      }
    },
  }
}

/** An answer that was never begun has the status of its first error. */
export function written(answer: Answer): Written {
  const body = `${JSON.stringify(answer)}\n`
  if ('data' in answer) return { status: 200, body }
  const code = answer.errors?.[0]?.extensions?.code
  return { status: isErrorCode(code) ? statusOfCode[code] : 400, body }
}

/** The code of the first error, as clients see it. */
const codeOf = ({ errors: [error] = [] }: Pick<ExecutionResult, 'errors'>) =>
  error && publicError(error.message, error.extensions).code

const nameOf = ({ operations }: Document, asked: string | null | undefined) =>
  operations.get(asked || '')?.name

/** Tells how long an operation took from now on, and with which errors it ended. */
export function counting(metrics: Metrics): Counted {
  const from = performance.now()
  return (operationName, errors = []) => {
    const codes = new Set(errors.map(({ message, extensions }) => publicError(message, extensions).code))
    metrics.operation(operationName ?? 'unnamed', [...codes], (performance.now() - from) / 1_000)
  }
}
