import { z } from 'zod'
import { unavailable } from '#kit/errors.ts'
import type { Log } from '#kit/log.ts'
import type { Keys } from '#kit/tokens.ts'
import type { Transport } from '#kit/transport.ts'
import type { Viewer } from '#kit/viewer.ts'
import { asking } from './asking.ts'
import { remembered } from './remembered.ts'

/** Whose pages may read what is answered. */
export type Origins = {
  /**
   * Whether the viewer's organization lets pages of an origin in; for the anonymous, whether any does. Throws
   * nothing: where nobody can say, the answer is no.
   */
  allows(viewer: Viewer, origin: string): Promise<boolean>
}

/** In milliseconds, as in `createStanding`; anybody may name as many origins as they like. */
const freshMs = 5_000
const staleMs = 60_000
const most = 10_000
const longest = 255
/** What strangers may have identity do at once: they name what they like, and members wait for the same database. */
const mostOfStrangers = 8

const shape = z.object({ allowsOrigin: z.boolean() })
const question = 'query ($origin: String!) { allowsOrigin(origin: $origin) }'

/** Asks identity, at most once in five seconds for each organization and origin. */
export function createOrigins(options: {
  identity: Transport
  keys: Keys
  log: Log
  clock?: () => number
}): Origins {
  const { identity, keys, log, clock = Date.now } = options
  const ask = asking(identity, keys)
  const strangers = atMost(mostOfStrangers)
  const allowed = remembered({
    ...{ freshMs, staleMs, most, clock },
    onFailure: (error) => log.warn({ err: error }, 'identity does not say whose pages may come'),
    async ask({ viewer, origin }: { viewer: Viewer; origin: string }) {
      const asked = () => ask(shape, viewer, question, { origin })
      return (await (viewer.kind === 'anonymous' ? strangers(asked) : asked())).allowsOrigin
    },
  })
  return {
    async allows(viewer, origin) {
      if (origin.length > longest || !URL.canParse(origin) || new URL(origin).origin !== origin) return false
      const of = viewer.kind === 'member' ? viewer.organizationId : 'any'
      return allowed(`${of} ${origin}`, { viewer, origin }).catch(() => false)
    },
  }
}

/** Does so much at once. What comes beyond throws SERVICE_UNAVAILABLE at once. */
function atMost(most: number) {
  let underWay = 0
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (underWay >= most) throw unavailable()
    underWay += 1
    return work().finally(() => {
      underWay -= 1
    })
  }
}
