/** Why REST refused, in its own words. */
export type Refusal = {
  code: string
  message: string
  requestId?: string
  /** By what one may prove oneself, where it asks for that, and what to send along. */
  methods?: string[]
  challenge?: string
}

type Envelope = {
  error?: {
    code?: unknown
    message?: unknown
    details?: { message?: unknown }[]
    methods?: string[]
    challenge?: string
  }
  meta?: { requestId?: unknown }
}

/** What the error envelope says; something that says what to do where there is none. */
export function refusalOf(status: number, body: unknown): Refusal {
  const { error, meta } = (body ?? {}) as Envelope
  const requestId = typeof meta?.requestId === 'string' ? { requestId: meta.requestId } : {}
  if (typeof error?.code !== 'string')
    return { code: String(status), message: `Nexus answered with ${status}. Try again later.`, ...requestId }
  const detail = error.details?.[0]?.message
  const { code, methods, challenge } = error
  const asked = { ...(methods && { methods }), ...(challenge && { challenge }) }
  return { code, message: String(detail ?? error.message), ...requestId, ...asked }
}
