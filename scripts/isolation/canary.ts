import { randomBytes } from 'node:crypto'

/** Words that stand nowhere but in one tenant's rows, and what looks for them. */
export type Canaries = {
  /** What all of them begin with. An attacker may know it; one of them whole they may not. */
  prefix: string
  /** A new one, which is remembered with the place that it goes to. */
  at(place: string): string
  /** Forgets what no place took. */
  planted: Map<string, string>
}

const digits = 5

/** Ten small letters and digits: they fit into narrow columns, and survive being written in small letters. */
export function createCanaries(): Canaries {
  const prefix = `zq${[...randomBytes(3)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')}`
  const planted = new Map<string, string>()
  return {
    prefix,
    planted,
    at(place) {
      const canary = `${prefix}${String(planted.size).padStart(digits, '0')}`
      planted.set(canary, place)
      return canary
    },
  }
}

/** What is the victim's alone: canaries, and ids that nobody has ever sent. */
export type Secrets = { canaries: Canaries; ids: ReadonlyMap<string, string> }

const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi
const encoded = /[A-Za-z0-9_-]{24,}/g

/** The places of the victim that a text tells of, also where it tells of them in base64, as cursors do. */
export function leaksIn(text: string, { canaries, ids }: Secrets): string[] {
  const found = new Set<string>()
  const look = (part: string) => {
    for (const [canary] of part.matchAll(new RegExp(`${canaries.prefix}\\d{${digits}}`, 'gi')))
      found.add(canaries.planted.get(canary.toLowerCase()) ?? 'a canary')
    for (const [id] of part.matchAll(uuids)) {
      const place = ids.get(id.toLowerCase())
      if (place) found.add(`${place} (id)`)
    }
  }
  look(text)
  for (const [part] of text.matchAll(encoded)) look(Buffer.from(part, 'base64url').toString('latin1'))
  return [...found]
}
