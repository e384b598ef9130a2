import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import canonicalize from 'canonicalize'
import { z } from 'zod'
import { type Keys, signAsJournal, signedAsJournal } from '../tokens.ts'

// An anchor says that what lies before it was taken away; a checkpoint only that the chain was there.
const shape = z.strictObject({
  kind: z.enum(['checkpoint', 'anchor']),
  organization: z.uuid(),
  sequence: z.int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  key: z.string(),
  signature: z.string(),
})
export type Checkpoint = z.infer<typeof shape>

const textOf = ({ kind, organization, sequence, hash, at }: Omit<Checkpoint, 'key' | 'signature'>): string =>
  canonicalize({ kind, organization, sequence, hash, at })!

export const signCheckpoint = (keys: Keys, of: Omit<Checkpoint, 'key' | 'signature'>): Checkpoint => ({
  ...of,
  ...signAsJournal(keys, textOf(of)),
})

/** Null when it was signed by a key that this secret does not know. */
export const isSigned = (keys: Keys, of: Checkpoint): boolean | null => signedAsJournal(keys, textOf(of), of)

/** Where the checkpoints of this process are kept. */
export const checkpointsIn = (env: {
  NEXUS_CHECKPOINT_DIR?: string | undefined
  NEXUS_DATA_DIR: string
}): string => env.NEXUS_CHECKPOINT_DIR ?? join(env.NEXUS_DATA_DIR, 'checkpoints')

const fileIn = (folder: string) => join(folder, 'checkpoints.jsonl')

/** Adds checkpoints to the file of a folder, which nobody but its owner may read. */
export function keepCheckpoints(folder: string, checkpoints: readonly Checkpoint[]): void {
  if (checkpoints.length === 0) return
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const lines = checkpoints.map((each) => `${JSON.stringify(each)}\n`).join('')
  appendFileSync(fileIn(folder), lines, { mode: 0o600, flush: true })
}

export type ReadCheckpoints = { checkpoints: Checkpoint[]; broken: number }

/** The checkpoints of a file, or of a folder's; `broken` counts lines that are none, save a last one cut off. */
export function readCheckpoints(path: string): ReadCheckpoints {
  const file = path.endsWith('.jsonl') ? path : fileIn(path)
  if (!existsSync(file)) return { checkpoints: [], broken: 0 }
  const text = readFileSync(file, 'utf8')
  const lines = text.split('\n')
  // A relay that is killed may leave half a line, and the next one goes on behind it.
  lines.pop()
  const read = lines.map(parse)
  const checkpoints = read.filter((each) => each !== null)
  return { checkpoints, broken: read.length - checkpoints.length }
}

function parse(line: string): Checkpoint | null {
  try {
    return shape.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}
