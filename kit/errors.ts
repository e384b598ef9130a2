/**
 * The catalogue of refusals: each code is stable, the same in GraphQL (`extensions.code`) and in REST
 * (`error.code`), and stands beside the HTTP status that the REST layer answers with.
 */
export const statusOfCode = {
  VALIDATION_ERROR: 400,
  UNAUTHENTICATED: 401,
  SECOND_FACTOR_REQUIRED: 401,
  REAUTHENTICATION_REQUIRED: 401,
  FORBIDDEN: 403,
  UNAUTHORIZED_FIELD_OR_TYPE: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  ILLEGAL_TRANSITION: 409,
  NOT_READY: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  REPORT_REJECTED: 422,
  // The format has no document that says nothing.
  NOTHING_TO_EXPORT: 422,
  RATE_LIMITED: 429,
  SLOW_CONSUMER: 429,
  INTERNAL_SERVER_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  COST_ESTIMATED_TOO_EXPENSIVE: 400,
  OPERATION_RESOLUTION_FAILURE: 400,
  BAD_REQUEST: 400,
  // Clients that ask by hash read this as any other answer, and send the text then.
  PERSISTED_QUERY_NOT_FOUND: 200,
  OPERATION_NOT_REGISTERED: 403,
} as const

export type ErrorCode = keyof typeof statusOfCode
export type ErrorDetail = { field: string; message: string }
/** What a refusal asks for: by which methods somebody may prove who they are, and what to send with the proof. */
export type Asks = { methods: string[]; challenge?: string }

/** An error whose message and code may be shown to the caller. Everything else is masked. */
export class NexusError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetail[]
  readonly asks: Asks | null
  constructor(code: ErrorCode, message: string, details: ErrorDetail[] = [], asks: Asks | null = null) {
    super(message)
    this.name = 'NexusError'
    this.code = code
    this.details = details
    this.asks = asks
  }
  /** What a GraphQL error carries of it. */
  get extensions(): Record<string, unknown> {
    return { code: this.code, ...(this.details.length > 0 && { details: this.details }), ...this.asks }
  }
  get status(): number {
    return statusOfCode[this.code]
  }
}

export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(statusOfCode, code)

const asking: readonly ErrorCode[] = ['SECOND_FACTOR_REQUIRED', 'REAUTHENTICATION_REQUIRED']

/** What the extensions of an error ask for; null where its code asks for nothing. */
export function asksOf(code: ErrorCode, { methods, challenge }: Record<string, unknown>): Asks | null {
  if (!asking.includes(code) || !Array.isArray(methods)) return null
  const named = methods.filter((method) => typeof method === 'string')
  return { methods: named, ...(typeof challenge === 'string' && { challenge }) }
}

export const unauthenticated = (message = 'Sign in to continue') => new NexusError('UNAUTHENTICATED', message)
export const forbidden = (message = 'You may not do this') => new NexusError('FORBIDDEN', message)
export const notFound = (what: string) => new NexusError('NOT_FOUND', `${what} not found`)
export const invalid = (field: string, message: string) =>
  new NexusError('VALIDATION_ERROR', 'Invalid request parameters', [{ field, message }])
export const unavailable = (message = 'A part of the platform does not answer') =>
  new NexusError('SERVICE_UNAVAILABLE', message)
