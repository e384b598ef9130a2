import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { unauthenticated, unavailable } from '#kit/errors.ts'
import { newId } from '#kit/id.ts'
import type { Log } from '#kit/log.ts'
import { type InternalSigner, internalSigner, type Keys } from '#kit/tokens.ts'
import type { Transport } from '#kit/transport.ts'
import { type Member, type Permission, roles } from '#kit/viewer.ts'

/**
 * The member as identity knows them now, not as their token once said. Throws UNAUTHENTICATED when their session
 * has ended, and SERVICE_UNAVAILABLE when nobody can say.
 */
export type Standing = (member: Member) => Promise<Member>

/** How old an answer may be, and how long identity may take to give one, in milliseconds. */
const freshMs = 1_000
const answerWithinMs = 2_000
/** What was true when identity was last there holds no longer than an access token does. */
const staleMs = 300_000
const remembered = 50_000

const question = '{ standing { role permissions } }'
const shape = z.object({
  standing: z
    .object({ role: z.string().toLowerCase().pipe(z.enum(roles)), permissions: z.array(z.string()) })
    .nullable(),
})

type Known = { askedAt: number; member: Member | null }
type Entry = { askedAt: number; answer: Promise<Known> }

/**
 * Asks identity for the state of each session, at most once a second and never twice at the same time. While
 * identity is away the last good answer goes on for as long as its token; a session that this process has not seen
 * is let in by nobody.
 */
export function createStanding(options: {
  identity: Transport
  keys: Keys
  log: Log
  clock?: () => number
}): Standing {
  const { identity, keys, log, clock = Date.now } = options
  const sign = internalSigner(keys, 'door')
  const entries = new LRUCache<string, Entry>({ max: remembered })

  const renew = async (member: Member, askedAt: number, before: Entry | undefined): Promise<Known> => {
    try {
      return { askedAt, member: await ask(identity, sign, member) }
    } catch (error) {
      const last = await before?.answer.catch(() => null)
      const holds = last !== undefined && last !== null && clock() - last.askedAt <= staleMs
      log.warn({ err: error, holds }, 'identity does not answer for a session')
      if (!holds) throw unavailable()
      return last
    }
  }
  return async (member) => {
    const key = `${member.organizationId}/${member.sessionId}`
    const before = entries.get(key)
    const now = clock()
    let entry = before
    if (!entry || now - entry.askedAt >= freshMs) {
      entry = { askedAt: now, answer: renew(member, now, before) }
      // Whoever waits for it is told; nobody may be waiting.
      entry.answer.catch(() => {})
      entries.set(key, entry)
    }
    const { member: stands } = await entry.answer
    if (!stands) throw unauthenticated('The session has ended')
    return stands
  }
}

/** Null when the session has ended. Throws when identity does not say. */
async function ask(identity: Transport, sign: InternalSigner, member: Member): Promise<Member | null> {
  const token = await sign(member, 'identity')
  const signal = AbortSignal.timeout(answerWithinMs)
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('identity is late')), { once: true })
  })
  const asked = identity({ query: question, token, requestId: newId(), signal })
  const { data, errors } = await Promise.race([asked, late])
  const answer = shape.safeParse(data)
  if (!answer.success || errors?.length) throw new Error('identity gave no answer')
  const { standing } = answer.data
  return standing && { ...member, role: standing.role, permissions: standing.permissions as Permission[] }
}
