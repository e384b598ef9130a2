import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GraphQLError, GraphQLFormattedError } from 'graphql'
import {
  type Asks,
  asksOf,
  type ErrorCode,
  type ErrorDetail,
  isErrorCode,
  NexusError,
  notFound,
  statusOfCode,
} from '#kit/errors.ts'
import type { Log } from '#kit/log.ts'

/** An error as clients may see it. */
export type PublicError = { code: ErrorCode; message: string; details: ErrorDetail[] } & Partial<Asks>

const masked: PublicError = { code: 'INTERNAL_SERVER_ERROR', message: 'Internal error', details: [] }

// A value that only a subgraph could judge, such as a date, is the client's mistake, not the gateway's.
const fromSubgraph: Record<string, ErrorCode> = { GRAPHQL_VALIDATION_FAILED: 'VALIDATION_ERROR' }
const renamed: Record<string, ErrorCode> = {
  BAD_USER_INPUT: 'VALIDATION_ERROR',
  PERSISTED_QUERY_NOT_SUPPORTED: 'BAD_REQUEST',
}
const isDetail = (detail: unknown): detail is ErrorDetail =>
  typeof (detail as ErrorDetail)?.field === 'string' && typeof (detail as ErrorDetail).message === 'string'

/** Known codes keep their message; of everything else nothing is told. */
export function publicError(message: string, extensions: Record<string, unknown> = {}): PublicError {
  const given = String(extensions.code)
  const code = (extensions.serviceName && fromSubgraph[given]) || renamed[given] || given
  if (!isErrorCode(code) || code === 'INTERNAL_SERVER_ERROR') return masked
  const details = Array.isArray(extensions.details) ? extensions.details.filter(isDetail) : []
  return {
    code,
    message,
    details: details.map(({ field, message }) => ({ field, message })),
    ...asksOf(code, extensions),
  }
}

/** An error of an operation, in GraphQL's form, as clients may see it. */
export function presented({
  message,
  locations,
  path,
  extensions,
}: GraphQLFormattedError): GraphQLFormattedError {
  const { code, message: told, details, ...asks } = publicError(message, extensions)
  return {
    message: told,
    ...(locations && { locations }),
    ...(path && { path }),
    extensions: { code, ...(details.length > 0 && { details }), ...asks },
  }
}

/** What clients see masked stands in the log with the id of their request. */
export function logMasked(log: Log, requestId: string, errors: readonly GraphQLError[]): void {
  for (const error of errors) {
    const { message, path, extensions } = error
    if (publicError(message, extensions).code !== 'INTERNAL_SERVER_ERROR') continue
    const { serviceName: subgraph } = extensions
    log.error({ requestId, path, subgraph, err: error.originalError ?? error }, 'an operation failed')
  }
}

const ofFastify: Record<string, PublicError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'PAYLOAD_TOO_LARGE', message: 'The body is too large', details: [] },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    message: 'Send the body as application/json',
    details: [],
  },
}
const malformed: PublicError = { code: 'BAD_REQUEST', message: 'The request is malformed', details: [] }

/** What is told of an error that a handler or Fastify threw. What is masked goes into the log. */
export function thrown(error: unknown, log: Log, requestId: string): PublicError {
  if (error instanceof NexusError) return publicError(error.message, error.extensions)
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  const known = ofFastify[String(code)]
  if (known) return known
  if (statusCode && statusCode >= 400 && statusCode < 500) return malformed
  log.error({ requestId, err: error }, 'a request failed')
  return masked
}

const statusOf = (error: PublicError) => statusOfCode[error.code]

export const meta = (request: FastifyRequest) => ({
  requestId: request.id,
  timestamp: new Date().toISOString(),
})

/** Answers with the error envelope of REST. */
export function refuse(request: FastifyRequest, reply: FastifyReply, error: PublicError): FastifyReply {
  challenge(reply, error)
  return reply.code(statusOf(error)).send({ success: false, error, meta: meta(request) })
}

/** Answers in the form of GraphQL, for what fails before an operation is read. */
export function refuseGraphql(reply: FastifyReply, { code, message }: PublicError): FastifyReply {
  challenge(reply, { code })
  return reply.code(statusOfCode[code]).send({ errors: [{ message, extensions: { code } }] })
}

function challenge(reply: FastifyReply, { code }: { code: ErrorCode }) {
  if (code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer')
}

/** Every failure of a server is answered in the form of REST, unless a door has a form of its own. */
export function answerFailures(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error, request, reply) => refuse(request, reply, thrown(error, log, request.id)))
  app.setNotFoundHandler((request, reply) => {
    const { message, extensions } = notFound('Route')
    return refuse(request, reply, publicError(message, extensions))
  })
}
