/** A cell: one asks one thing in one way, and it is seen whether they may. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, Visitor } from '../../test-house.ts'

export type Verdict = 'may' | 'may not' | `? ${string}`

type Wrong = { message?: string; path?: readonly (string | number)[]; extensions?: { code?: string } }
/** Who asks, and what is no refusal of theirs. */
export type Reading = { anonymous: boolean; past?: readonly string[] | undefined; deep?: boolean }
const refusals = ['FORBIDDEN', 'UNAUTHENTICATED']
/** What tells that a question never came to its rule. */
const broken = [
  'SERVICE_UNAVAILABLE',
  'RATE_LIMITED',
  'GRAPHQL_VALIDATION_FAILED',
  'GRAPHQL_PARSE_FAILED',
  'INTERNAL_SERVER_ERROR',
  'BAD_REQUEST',
]

/** Whoever is refused is told so in the one way that fits them. */
const refused = (code: string, anonymous: boolean): Verdict =>
  code === (anonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN') ? 'may not' : `? ${code}`

/** Of one root field: it is refused by an error at itself; what hangs below it may be refused on its own. */
export function graphVerdict({ status, body }: Answer, { anonymous, past = [], deep }: Reading): Verdict {
  const all = (body?.errors ?? []) as Wrong[]
  const errors = all.filter(({ message }) => !past.includes(message ?? ''))
  if (!body || (status !== 200 && all.length === 0)) return `? ${status}`
  const bad = errors.find(({ extensions }) => broken.includes(extensions?.code ?? '?'))
  if (bad) return `? ${JSON.stringify(bad)}`
  const at = errors.find(
    ({ path = [], extensions }) => refusals.includes(extensions?.code ?? '') && (deep || path.length <= 1),
  )
  return at ? refused(at.extensions!.code!, anonymous) : 'may'
}

/** SCIM says by the status alone what was wrong. */
const scimCodes: Record<number, string> = { 401: 'UNAUTHENTICATED', 403: 'FORBIDDEN' }

export function restVerdict({ status, body, text }: Answer, { anonymous, past = [] }: Reading): Verdict {
  const isScim = typeof body?.detail === 'string'
  const code: string | undefined = isScim ? (scimCodes[status] ?? 'other') : body?.error?.code
  if (past.includes(body?.error?.message ?? body?.detail)) return 'may'
  if (status === 400 || status >= 500 || (status >= 400 && !code)) return `? ${status} ${text.slice(0, 200)}`
  return refusals.includes(code ?? '') ? refused(code!, anonymous) : 'may'
}

/** Asks again where the house was too busy to answer: that says nothing of who may. */
export async function answered(ask: () => Promise<Answer>): Promise<Answer> {
  for (let times = 1; ; times++) {
    const answer = await ask()
    if (times === 30 || !/"(SERVICE_UNAVAILABLE|RATE_LIMITED)"/.test(answer.text)) return answer
    await pause(500)
  }
}

const kindOf = (kind: string) => `${kind[0]!.toUpperCase()}${kind.slice(1)}`
const included = (kind: string) => (kind === 'subscription' ? '' : ' @include(if: true)')
/** The ways to write one root field; the last two answer alike. */
export const forms = {
  plain: (kind: string, field: string) => `${kind} { ${field} }`,
  alias: (kind: string, field: string) => `${kind} { other: ${field} }`,
  fragment: (kind: string, field: string) =>
    `${kind} { ...Rest } fragment Rest on ${kindOf(kind)} { ...${included(kind)} { other: ${field} } }`,
}

/** What the first thing is that a subscription tells: `happen` brings it about, once it stands. */
export async function subscriptionVerdict(
  url: string,
  { token }: Visitor,
  query: string,
  happen: () => Promise<unknown>,
): Promise<Verdict> {
  const controller = new AbortController()
  const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  const response = await fetch(`${url}/graphql/stream`, {
    method: 'POST',
    signal: controller.signal,
    headers: { accept: 'text/event-stream', 'content-type': 'application/json', ...authorization },
    body: JSON.stringify({ query }),
  })
  const happened = response.status === 200 ? happen() : null
  const text = await firstEvent(response)
  await happened
  controller.abort()
  const code = refusals.find((each) => text.includes(`"${each}"`))
  if (code) return refused(code, token === null)
  return text.includes('"data"') && !text.includes('"errors"') ? 'may' : `? ${response.status} ${text}`
}

async function firstEvent(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk, { stream: true })
    if (/^event: next\ndata: .*\n/m.test(text)) break
  }
  return text
}
