import { lookup } from 'node:dns/promises'
import { Agent, request } from 'undici'
import { isPublic, liesIn } from './network.ts'
import type { Shared } from './redis.ts'

/** Why a call to an address that somebody gave was not made, or not answered. */
export type OutboundReason = 'url' | 'address' | 'often' | 'redirect' | 'large' | 'late' | 'unreachable'

/** Says why, and neither where to nor what was found there: it may reach who gave the address. */
export class OutboundError extends Error {
  readonly reason: OutboundReason
  constructor(reason: OutboundReason, options?: ErrorOptions) {
    super(`The call did not succeed: ${reason}`, options)
    this.name = 'OutboundError'
    this.reason = reason
  }
}

export type OutboundRequest = {
  method?: string | undefined
  headers?: Record<string, string> | undefined
  body?: string | Uint8Array | undefined
  signal?: AbortSignal | undefined
  /** Whose calls are counted together, such as an organization. */
  countedAs: string
}
type Address = { address: string; family: number }
type Resolve = (hostname: string) => Promise<Address[]>

/** Calls to addresses that people have given: identity providers, webhooks. */
export type Outbound = {
  /**
   * Asks an address of the internet, over TLS, and never another one than was judged: the name is resolved once and
   * the connection is bound to what it meant. Redirects are not followed. Throws OutboundError.
   */
  fetch(url: string | URL, init: OutboundRequest): Promise<Response>
}

const resolveAll: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true })

/**
 * @param options.privateNetworks networks (CIDR) that may be asked although they are not of the internet, also
 * without TLS
 * @param options.timeoutMs for a whole call, 5 s unless said
 * @param options.largest bytes of an answer, 1 MiB unless said
 * @param options.perMinute calls of one `countedAs`, 300 unless said
 */
export function createOutbound(options: {
  shared: Pick<Shared, 'limiter'>
  privateNetworks?: readonly string[] | undefined
  timeoutMs?: number
  largest?: number
  perMinute?: number
  resolve?: Resolve
}): Outbound {
  const { privateNetworks = [], timeoutMs = 5_000, largest = 1024 * 1024, perMinute = 300 } = options
  const { shared, resolve = resolveAll } = options
  const calls = shared.limiter('outbound', { points: perMinute, seconds: 60 })

  const addressOf = async (url: URL): Promise<Address> => {
    const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1')
    const found = await resolve(hostname).catch((cause: unknown) => {
      throw new OutboundError('unreachable', { cause })
    })
    const isNamed = ({ address }: Address) => liesIn(privateNetworks, address)
    // One that must not be asked spoils the name: who answers so plays with us.
    if (!found.every((each) => isNamed(each) || isPublic(each.address))) throw new OutboundError('address')
    if (url.protocol === 'http:' && !found.every(isNamed)) throw new OutboundError('url')
    const [first] = found
    if (!first) throw new OutboundError('unreachable')
    return first
  }

  return {
    async fetch(given, { countedAs, signal, ...init }) {
      const url = urlOf(given)
      await calls.consume(countedAs).catch((refusal: unknown) => {
        throw refusal instanceof Error ? refusal : new OutboundError('often')
      })
      const deadline = AbortSignal.timeout(timeoutMs)
      const over = signal ? AbortSignal.any([deadline, signal]) : deadline
      const pinned = await orOver(addressOf(url), over)
      const agent = new Agent({
        connect: { lookup: answering(pinned), timeout: timeoutMs },
        maxResponseSize: largest,
      })
      try {
        return await ask(agent, url, { ...init, signal: over })
      } catch (error) {
        throw reasonOf(error, over)
      } finally {
        void agent.destroy()
      }
    },
  }
}

function urlOf(given: string | URL): URL {
  const url = URL.canParse(String(given)) ? new URL(String(given)) : null
  const fits = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && url.hostname !== ''
  if (!fits) throw new OutboundError('url')
  return url
}

type Lookup = (
  hostname: string,
  options: { all?: boolean | undefined },
  done: (error: Error | null, address: string | Address[], family?: number) => void,
) => void

/** Whatever a name means by now, it is what it meant when it was judged. */
const answering =
  (pinned: Address): Lookup =>
  (_hostname, { all }, done) =>
    all ? done(null, [pinned]) : done(null, pinned.address, pinned.family)

async function ask(
  dispatcher: Agent,
  url: URL,
  { method = 'GET', headers = {}, body, signal }: Omit<OutboundRequest, 'countedAs'>,
): Promise<Response> {
  const answer = await request(url, {
    ...{ dispatcher, method },
    headers: { 'accept-encoding': 'identity', ...headers },
    body: body ?? null,
    signal: signal ?? null,
  })
  const { statusCode: status } = answer
  if (status >= 300 && status < 400 && status !== 304) {
    await answer.body.dump().catch(() => {})
    throw new OutboundError('redirect')
  }
  const bytes = await answer.body.arrayBuffer()
  const told = Object.entries(answer.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, each]),
  )
  const isEmpty = status === 204 || status === 205 || status === 304
  return new Response(isEmpty ? null : bytes, { status, headers: told })
}

/** A name that takes too long to resolve is late as well. */
function orOver<Result>(work: Promise<Result>, over: AbortSignal): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const end = () => late.reject(new OutboundError('late'))
  if (over.aborted) end()
  over.addEventListener('abort', end, { once: true })
  return Promise.race([work, late.promise]).finally(() => over.removeEventListener('abort', end))
}

function reasonOf(error: unknown, over: AbortSignal): OutboundError {
  if (error instanceof OutboundError) return error
  if (over.aborted) return new OutboundError('late', { cause: error })
  const isLarge = (error as { code?: string }).code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE'
  return new OutboundError(isLarge ? 'large' : 'unreachable', { cause: error })
}
