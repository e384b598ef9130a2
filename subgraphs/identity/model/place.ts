import { isIPv6 } from 'node:net'
import type { Client } from '#kit/client.ts'
import type { Keys } from '#kit/tokens.ts'

/** From where somebody tries to sign in: a device that was given a token before, and an address. */
export type Places = { device: Buffer | null; address: Buffer | null }

/** A subscriber has a whole /64 of IPv6: its other half is theirs to choose. */
function subscriberOf(ip: string): string {
  if (!isIPv6(ip)) return ip
  const [head = '', tail] = ip.split('::')
  const start = head.split(':').filter(Boolean)
  const end = tail?.split(':').filter(Boolean) ?? []
  const zeros: string[] = Array(Math.max(0, 8 - start.length - end.length)).fill('0')
  return [...start, ...zeros, ...end].slice(0, 4).join(':')
}

/** Keyed and bound to the e-mail: whoever reads them learns neither addresses nor who shares one. */
export function placesOf(
  keys: Keys,
  email: string,
  deviceToken: string | null | undefined,
  client: Client | null,
): Places {
  const hash = (kind: string, value: string) => keys.digest('place', `${kind}/${email}/${value}`)
  return {
    device: deviceToken ? hash('device', deviceToken) : null,
    address: client ? hash('address', subscriberOf(client.ip)) : null,
  }
}

/** Those of them that there are. */
export const whereKnown = (places: Places): Buffer[] =>
  Object.values(places).filter((place) => place !== null)
