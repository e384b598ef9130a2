import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { shaped, type Vault, VaultError } from '../vault.ts'

export type Values = Readonly<Record<string, string>>

/** Where secrets come from. */
export type Secrets = {
  /** What is valid now: from memory until its lease ends. Throws VaultError when nothing valid can be had. */
  read(): Promise<Values>
  /** Reads again ahead of each lease's end, until it is closed. */
  follow(on: Follower): { close(): void }
}
export type Follower = {
  /** Told which names have another value than they had. */
  changed(names: string[]): void
  /** Told why a reading ahead failed; what was read before holds until its lease ends. */
  failed(error: VaultError): void
}

type Timer = (work: () => void, ms: number) => { cancel(): void }
type Held = { values: Values; version: number; until: number; leaseMs: number }

// A secret that is destroyed or deleted answers 404 with its metadata, which counts as missing.
const answered = z.object({
  lease_duration: z.number().nonnegative(),
  data: z.object({
    data: z.record(z.string(), z.unknown()),
    metadata: z.object({ version: z.int().positive() }),
  }),
})

// KV secrets have leases of 0: they are looked at as often as this.
const usualLeaseMs = 5 * 60_000
const longestWaitMs = 60 * 60_000
const ahead = 2 / 3
const again = 1 / 10
const tries = 3
const untilNextTryMs = 500

const timer: Timer = (work, ms) => {
  const handle = setTimeout(work, ms).unref()
  return { cancel: () => clearTimeout(handle) }
}

/**
 * The secret of a Vault's key-value engine, version 2.
 * @param options.names the keys of the secret that are taken; others are left there
 * @param options.now in milliseconds
 * @param options.after in place of a timer
 * @param options.wait in place of the time between tries, in milliseconds
 */
export function vaultSecrets(options: {
  vault: Vault
  mount: string
  path: string
  names: readonly string[]
  now?: () => number
  after?: Timer
  wait?: (ms: number) => Promise<unknown>
}): Secrets {
  const { vault, mount, path, names, now = Date.now, after = timer, wait = pause } = options
  let held: Held | null = null

  const fetchOnce = async (): Promise<Held> => {
    const { lease_duration, data } = shaped(answered, await vault.ask(`${mount}/data/${path}`))
    const { version } = data.metadata
    // A replica that lags behind, or a cache: what is known already is newer.
    if (held && version < held.version) throw new VaultError('unreadable')
    const taken = names
      .filter((name) => Object.hasOwn(data.data, name))
      .map((name) => [name, data.data[name]])
    const values = shaped(z.record(z.string(), z.string().min(1)), Object.fromEntries(taken))
    const leaseMs = lease_duration * 1_000 || usualLeaseMs
    return { values, version, leaseMs, until: now() + leaseMs }
  }
  const fetch = async (left = tries): Promise<Held> => {
    try {
      held = await fetchOnce()
      return held
    } catch (error) {
      if (!(error instanceof VaultError) || !error.passes || left <= 1) throw error
    }
    await wait(untilNextTryMs * (tries - left + 1))
    return fetch(left - 1)
  }
  return {
    async read() {
      if (held && now() < held.until) return held.values
      return (await fetch()).values
    },
    follow({ changed, failed }) {
      let closed = false
      let next = { cancel: () => {} }
      const plan = (ms: number) => {
        if (!closed) next = after(() => void look(), Math.min(Math.max(ms, 1_000), longestWaitMs))
      }
      const look = async () => {
        const before = held?.values ?? {}
        try {
          const { values, leaseMs } = await fetch()
          const other = names.filter((name) => values[name] !== before[name])
          if (other.length > 0 && !closed) changed(other)
          plan(leaseMs * ahead)
        } catch (error) {
          if (!closed) failed(error as VaultError)
          plan((held?.leaseMs ?? usualLeaseMs) * again)
        }
      }
      plan((held?.leaseMs ?? usualLeaseMs) * ahead)
      return {
        close() {
          closed = true
          next.cancel()
        },
      }
    },
  }
}
