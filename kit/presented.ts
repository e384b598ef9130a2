import type { GraphQLError } from 'graphql'
import { isErrorCode, NexusError } from './errors.ts'
import type { Log } from './log.ts'
import type { SubgraphError, SubgraphResponse } from './transport.ts'

/** PostgreSQL's text has no NUL, and says so only when it meets one. */
const hasNul = (cause: Error): boolean =>
  ['22021', '22P05'].includes(String((cause as { code?: string }).code))

/** What leaves a subgraph of an error: a message and a code meant for callers, or nothing but a mask. */
export function present(error: GraphQLError, log: Log, requestId: string): SubgraphError {
  const cause = error.originalError ?? error
  const path = error.path ? { path: error.path } : {}
  const code = error.extensions.code ?? (error.originalError ? undefined : 'GRAPHQL_VALIDATION_FAILED')
  if (isErrorCode(code)) return { message: error.message, ...path, extensions: { ...error.extensions, code } }
  if (hasNul(cause)) {
    const details = [{ field: 'text', message: 'May not contain the character U+0000' }]
    return {
      message: 'Invalid request parameters',
      ...path,
      extensions: { code: 'VALIDATION_ERROR', details },
    }
  }
  log.error({ requestId, err: cause }, 'a resolver failed')
  return { message: 'Internal error', ...path, extensions: { code: 'INTERNAL_SERVER_ERROR' } }
}

/** What leaves a subgraph of a request that failed whole. */
export const refuse = (error: unknown, log: Log, requestId: string): SubgraphResponse => {
  if (error instanceof NexusError)
    return { errors: [{ message: error.message, extensions: error.extensions }] }
  log.error({ requestId, err: error }, 'a request failed')
  return { errors: [{ message: 'Internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] }
}
