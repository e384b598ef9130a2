import { LRUCache } from 'lru-cache'
import { NexusError, unauthenticated } from '#kit/errors.ts'
import { type Keys, readAccessToken } from '#kit/tokens.ts'
import type { Member } from '#kit/viewer.ts'
import type { Standing } from './standing.ts'

/** Who has come in, and until when at most; `again` says who they are now, or throws why they are not. */
export type Entered = { member: Member; until: Date; again(): Promise<Member> }

/** Who may come in, and for how long. */
export type Access = {
  /**
   * By an access token or a key. Throws UNAUTHENTICATED for what is neither or no longer one, FORBIDDEN for a key
   * from another address, and SERVICE_UNAVAILABLE.
   */
  enter(credential: string, ip: string): Promise<Entered>
  /** For who stays: tells once why they may not any longer. Returns what stops the watch. */
  watch(entered: Entered, ended: (why: NexusError) => void): () => void
}

const watchEveryMs = 2_000
const longestTimerMs = 2 ** 31 - 1
const keys256 = /^nxs_[\w-]{43}$/

export const isKey = (credential: string): boolean => keys256.test(credential)

export function createAccess(keys: Keys, standing: Standing): Access {
  const read = reader(keys)
  return {
    async enter(credential, ip) {
      if (isKey(credential)) {
        const entered = await standing.key(credential, ip)
        return { ...entered, again: async () => (await standing.key(credential, ip)).member }
      }
      const { member, until } = await read(credential)
      const again = () => standing.session(member)
      return { member: await again(), until, again }
    },
    watch(entered, ended) {
      const timers: NodeJS.Timeout[] = []
      const stop = () => {
        for (const timer of timers.splice(0)) clearTimeout(timer)
      }
      const end = (why: NexusError) => {
        // Stopped meanwhile: nobody is there any more to be told.
        if (timers.length === 0) return
        stop()
        ended(why)
      }
      const look = async () => {
        const why = await reasonToLeave(entered)
        if (why) end(why)
      }
      const left = Math.min(Math.max(0, entered.until.getTime() - Date.now()), longestTimerMs)
      timers.push(setTimeout(() => end(unauthenticated('The token has expired')), left))
      timers.push(setInterval(look, watchEveryMs))
      return stop
    },
  }
}

type Read = { member: Member; until: Date }

/** A signature is checked once: that costs 0.2 ms, and the same token comes with every request of its five minutes. */
function reader(keys: Keys): (token: string) => Promise<Read> {
  const known = new LRUCache<string, Read>({ max: 10_000 })
  return async (token) => {
    const before = known.get(token)
    if (before && before.until.getTime() > Date.now()) return before
    const fresh = await readAccessToken(keys, token)
    known.set(token, fresh)
    return fresh
  }
}

/** While nobody can say, who is in stays, until their token ends. */
async function reasonToLeave({ member, again }: Entered): Promise<NexusError | null> {
  try {
    const now = await again()
    if (now.permissions.join() === member.permissions.join() && now.hasGrants === member.hasGrants)
      return null
    return unauthenticated('What you may do has changed; connect again')
  } catch (error) {
    return error instanceof NexusError && error.code !== 'SERVICE_UNAVAILABLE' ? error : null
  }
}
