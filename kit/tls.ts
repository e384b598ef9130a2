import { readFileSync } from 'node:fs'
import type { Server, ServerOptions } from 'node:https'
import { join } from 'node:path'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { buildConnector } from 'undici'
import type { Log } from './log.ts'

/** How a process proves itself to the others, and knows them: TLS in both directions, by one authority. */
export type Tls = {
  /** What a server is made with. It asks for a certificate, and `isPeer` tells whether there was a good one. */
  serving(): ServerOptions
  /** Has a server go on with what comes later. */
  follow(server: Server): void
  /** Connects to who has a certificate of the authority for the name that was asked. */
  connect: buildConnector.connector
  close(): void
}

const files = { cert: 'tls.crt', key: 'tls.key', ca: 'ca.crt' } as const
type Pair = Required<Pick<SecureContextOptions, keyof typeof files>>
const lookEveryMs = 30_000
const minVersion = 'TLSv1.2'

function read(folder: string): Pair {
  const text = (name: keyof typeof files) => readFileSync(join(folder, files[name]), 'utf8')
  const pair = { cert: text('cert'), key: text('key'), ca: text('ca') }
  // Throws for what is no certificate, or not of this key.
  createSecureContext(pair)
  return pair
}

/**
 * Reads `tls.crt`, `tls.key` and `ca.crt` of a folder, as a Kubernetes secret of cert-manager has them, and again
 * every 30 s: others take their place while connections go on. What cannot be used then is logged and left out.
 * Throws where there is nothing to begin with; null without a folder.
 */
export function openTls(folder: string | undefined, log: Log, everyMs = lookEveryMs): Tls | null {
  if (folder === undefined) return null
  let pair: Pair
  try {
    pair = read(folder)
  } catch (cause) {
    throw new Error('NEXUS_TLS_DIR needs tls.crt, tls.key and ca.crt that belong together', { cause })
  }
  const connector = () => buildConnector({ ...pair, minVersion })
  const servers: Server[] = []
  let connect = connector()
  const look = () => {
    try {
      const next = read(folder)
      if (JSON.stringify(next) === JSON.stringify(pair)) return
      pair = next
      connect = connector()
      for (const server of servers) server.setSecureContext({ ...pair, minVersion })
      log.info('the certificate is another one')
    } catch (error) {
      log.error({ err: error }, 'a certificate was not taken: the one before goes on')
    }
  }
  const timer = setInterval(look, everyMs)
  timer.unref()
  return {
    // Who has no certificate is not cut off: probes ask for no more than the health.
    serving: () => ({ ...pair, minVersion, requestCert: true, rejectUnauthorized: false }),
    follow: (server) => servers.push(server),
    connect: (options, callback) => connect(options, callback),
    close: () => clearInterval(timer),
  }
}
