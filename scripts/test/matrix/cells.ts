/** A cell: one asks one thing in one way, and it is seen whether they may. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, Visitor } from '../../test-house.ts'

export type Verdict = 'may' | 'may not' | `? ${string}`

type Wrong = { path?: readonly (string | number)[]; extensions?: { code?: string } }
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
export function graphVerdict({ status, body }: Answer, anonymous: boolean, deep = false): Verdict {
  const errors = (body?.errors ?? []) as Wrong[]
  if (!body || (status !== 200 && errors.length === 0)) return `? ${status}`
  const bad = errors.find(({ extensions }) => broken.includes(extensions?.code ?? '?'))
  if (bad) return `? ${JSON.stringify(bad)}`
  const at = errors.find(
    ({ path = [], extensions }) => refusals.includes(extensions?.code ?? '') && (deep || path.length <= 1),
  )
  return at ? refused(at.extensions!.code!, anonymous) : 'may'
}

export function restVerdict({ status, body, text }: Answer, anonymous: boolean): Verdict {
  const code = body?.error?.code as string | undefined
  if (status === 400 || status >= 500 || (status >= 400 && !code)) return `? ${status} ${text.slice(0, 200)}`
  if (status === 401 || status === 403) return refused(code!, anonymous)
  return 'may'
}

/** Asks again where the house was too busy to answer: that says nothing of who may. */
export async function answered(ask: () => Promise<Answer>): Promise<Answer> {
  for (let times = 1; ; times++) {
    const answer = await ask()
    if (times === 30 || !/"(SERVICE_UNAVAILABLE|RATE_LIMITED)"/.test(answer.text)) return answer
    await pause(500)
  }
}

/** The ways to write one root field. */
export const forms: Record<string, (kind: string, field: string) => string> = {
  plain: (kind, field) => `${kind} { ${field} }`,
  alias: (kind, field) => `${kind} { other: ${field} }`,
  fragment: (kind, field) =>
    `${kind} { ...Rest } fragment Rest on ${kind[0]!.toUpperCase()}${kind.slice(1)} { ...${kind === 'subscription' ? '' : ' @include(if: true)'} { ${field} } }`,
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
