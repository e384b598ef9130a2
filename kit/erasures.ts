import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Keys } from './tokens.ts'

/**
 * Who was erased, outside of the database: a backup that is older than an erasure brings them back, and this list
 * takes them away again. It holds keyed hashes: who has it and not the secret learns nobody's id.
 */
export type Erasures = {
  /** Throws when the list cannot be written: then nobody is erased. */
  add(organizationId: string, userId: string): void
  has(organizationId: string, userId: string): boolean
  /** Of whom somebody was erased. */
  organizations(): string[]
}

type Folders = { NEXUS_ERASURE_DIR?: string | undefined; NEXUS_DATA_DIR: string }

export function openErasures(env: Folders, keys: Pick<Keys, 'digest'>): Erasures {
  const file = join(env.NEXUS_ERASURE_DIR ?? env.NEXUS_DATA_DIR, 'erasures')
  const lineOf = (organizationId: string, userId: string) =>
    `${organizationId} ${keys.digest('erased', `${organizationId}/${userId}`).toString('hex')}`
  const lines = (): string[] => {
    try {
      return readFileSync(file, 'utf8').split('\n').filter(Boolean)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }
  return {
    add(organizationId, userId) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      appendFileSync(file, `${lineOf(organizationId, userId)}\n`, { mode: 0o600, flush: true })
    },
    has: (organizationId, userId) => lines().includes(lineOf(organizationId, userId)),
    organizations: () => [...new Set(lines().map((line) => line.split(' ')[0]!))],
  }
}
