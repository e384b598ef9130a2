import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** An entry as the chain reads it: every column but its transaction, which is no more than how it was found. */
export type Chained = {
  actorId: string | null
  actorKind: string
  apiKeyId: string | null
  at: Date
  changes: unknown
  code: string | null
  id: string
  operation: string
  organizationId: string
  outcome: string
  personal: unknown
  requestId: string
  service: string
  subgraph: string
  subjectId: string | null
  subjectType: string | null
}
export type Link = { sequence: number; entryId: string; previous: string; hash: string }

/** What the first link of an organization goes on from. */
export const origin = '0'.repeat(64)

// In the order of RFC 8785, so that only what is inside of them has to be sorted.
const plain = [
  'actorId',
  'actorKind',
  'apiKeyId',
  'at',
  'changes',
  'code',
  'id',
  'operation',
  'organizationId',
  'outcome',
  'personal',
  'requestId',
  'sequence',
  'service',
  'subgraph',
  'subjectId',
  'subjectType',
] as const
const nested = new Set<string>(['changes', 'personal'])

/** An entry at its place, as RFC 8785 writes it. */
export function canonical(entry: Chained, sequence: number): string {
  let text = '{'
  for (const name of plain) {
    const value = name === 'sequence' ? sequence : entry[name]
    text += `${text === '{' ? '' : ','}"${name}":${nested.has(name) ? canonicalize(value) : JSON.stringify(value)}`
  }
  return `${text}}`
}

/** SHA-256 over the hash before and the entry, in hexadecimal. */
export const linkHash = (previous: string, entry: Chained, sequence: number): string =>
  createHash('sha256').update(previous, 'hex').update(canonical(entry, sequence)).digest('hex')

/** The links of entries that follow each other. */
export function link(head: { sequence: number; hash: string }, entries: readonly Chained[]): Link[] {
  let { sequence, hash: previous } = head
  return entries.map((entry) => {
    sequence += 1
    const hash = linkHash(previous, entry, sequence)
    const made = { sequence, entryId: entry.id, previous, hash }
    previous = hash
    return made
  })
}
