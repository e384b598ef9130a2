import { NexusError, unauthenticated } from '#kit/errors.ts'
import { type Keys, readAccessToken } from '#kit/tokens.ts'
import type { Member } from '#kit/viewer.ts'
import type { Standing } from './standing.ts'

export type Entered = { member: Member; until: Date }

/** Who may come in, and for how long. */
export type Access = {
  /** Throws UNAUTHENTICATED for what is no token or no longer one, and SERVICE_UNAVAILABLE. */
  enter(token: string): Promise<Entered>
  /** For who stays: tells once why they may not any longer. Returns what stops the watch. */
  watch(entered: Entered, ended: (why: NexusError) => void): () => void
}

const watchEveryMs = 2_000
const longestTimerMs = 2 ** 31 - 1

export function createAccess(keys: Keys, standing: Standing): Access {
  return {
    async enter(token) {
      const { member, until } = await readAccessToken(keys, token)
      return { member: await standing(member), until }
    },
    watch(entered, ended) {
      const { member, until } = entered
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
        const why = await reasonToLeave(standing, member)
        if (why) end(why)
      }
      const left = Math.min(Math.max(0, until.getTime() - Date.now()), longestTimerMs)
      timers.push(setTimeout(() => end(unauthenticated('The token has expired')), left))
      timers.push(setInterval(look, watchEveryMs))
      return stop
    },
  }
}

/** While nobody can say, who is in stays, until their token ends. */
async function reasonToLeave(standing: Standing, member: Member): Promise<NexusError | null> {
  try {
    const now = await standing(member)
    if (now.permissions.join() === member.permissions.join()) return null
    return unauthenticated('What you may do has changed; connect again')
  } catch (error) {
    return error instanceof NexusError && error.code === 'UNAUTHENTICATED' ? error : null
  }
}
