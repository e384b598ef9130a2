import type { Log } from '../log.ts'
import type { Secrets } from './vault.ts'

/** Says in the log when secrets have changed where they are kept: a process has those that it began with. */
export function followSecrets(secrets: Secrets | null, log: Log): { close(): void } {
  if (!secrets) return { close() {} }
  return secrets.follow({
    changed: (names) => log.warn({ names }, 'secrets have changed; a restart takes them up'),
    failed: ({ reason }) => log.warn({ reason }, 'secrets could not be read again'),
  })
}
