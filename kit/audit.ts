import { AsyncLocalStorage } from 'node:async_hooks'
import type { QueryExecutorProvider } from 'kysely'
import { type Change, write } from './changes.ts'
import type { Client } from './client.ts'
import type { ErrorCode } from './errors.ts'
import { newId } from './id.ts'
import { type ActorKind, append, type Outcome } from './journal.ts'
import type { Viewer } from './viewer.ts'

/** Who did something, where the viewer does not say it: whoever signs in is nobody until then. */
export type Actor = { userId: string; apiKeyId?: string | null | undefined }
export type Noted = Change & {
  actor?: Actor
  /** The refusal that comes with this change, such as the end of a session whose token came back. */
  code?: ErrorCode
}
export type Blamed = { organizationId: string; userId: string }

/** One mutation, job or import while it is at work. */
export type Recording = {
  operation: string
  subgraph: string
  viewer: Viewer
  service: string
  requestId: string
  client: Client | null
  /** Whether its one row is there. */
  written: boolean
  closed: boolean
  /** What was noted outside a transaction of the organization, for the next one. */
  waiting: Noted[]
  blame: (() => Promise<Blamed | null>) | null
}

const recordings = new AsyncLocalStorage<Recording | null>()
const transactions = new AsyncLocalStorage<Noted[]>()

const open = (): Recording | null => {
  const recording = recordings.getStore()
  return recording && !recording.closed ? recording : null
}

/**
 * Says what a mutation changes. It is written, masked, in the transaction that it is called in; outside of one, in
 * the next. A mutation has one row, so that what is noted belongs into one transaction. Throws Error after that.
 */
export function note(noted: Noted): void {
  const recording = open()
  if (!recording) return
  if (recording.written) throw new Error(`${recording.operation} has its row in the journal already`)
  const here = transactions.getStore() ?? recording.waiting
  here.push(noted)
}

/**
 * Says who is to be asked about a refusal of a mutation that nobody has signed in for. It is found out after the
 * answer, so that the answer takes no longer for those who are known.
 */
export function blame(find: () => Promise<Blamed | null>): void {
  const recording = open()
  if (recording) recording.blame = find
}

/** Work whose notes are gathered. Null: whatever it notes is part of something larger. */
export const recording = <Result>(of: Recording | null, work: () => Promise<Result>): Promise<Result> =>
  recordings.run(of, work)

export const startRecording = (
  of: Pick<Recording, 'operation' | 'subgraph' | 'viewer' | 'service' | 'requestId' | 'client'>,
): Recording => ({ ...of, written: false, closed: false, waiting: [], blame: null })

/** The tenant's part of a transaction: what it notes is written at its end, and is gone when it is. */
export async function noting<Result>(
  trx: QueryExecutorProvider,
  organizationId: string,
  work: () => Promise<Result>,
): Promise<{ result: Result; committed: () => void }> {
  const notes: Noted[] = []
  const result = await transactions.run(notes, work)
  const recording = open()
  if (!recording || recording.written) return { result, committed: () => {} }
  const all = [...recording.waiting, ...notes]
  if (all.length === 0) return { result, committed: () => {} }
  await enter(trx, recording, organizationId, all)
  return {
    result,
    committed: () => {
      recording.written = true
    },
  }
}

type Ended = { outcome: Outcome; code: string | null }

/** Writes the row of a recording. */
export async function enter(
  trx: QueryExecutorProvider,
  { viewer, operation, subgraph, service, requestId, client }: Recording,
  organizationId: string,
  notes: readonly Noted[],
  ended?: Ended & { actor?: Actor | undefined },
): Promise<void> {
  const code = ended ? ended.code : (notes.find((each) => each.code)?.code ?? null)
  const actor = ended?.actor ?? notes.find((each) => each.actor)?.actor ?? actorOf(viewer)
  const kind: ActorKind = actor ? (actor.apiKeyId ? 'key' : 'user') : 'anonymous'
  const { changes, personal, commitments } = write(notes, actor?.userId ?? null, client)
  const [subject] = notes
  await append(
    trx,
    {
      id: newId(),
      organizationId,
      actorKind: kind,
      actorId: actor?.userId ?? null,
      apiKeyId: actor?.apiKeyId ?? null,
      service,
      requestId: requestId.slice(0, 200),
      operation,
      subgraph,
      outcome: ended?.outcome ?? (code ? 'refused' : 'done'),
      code,
      subjectType: subject?.type ?? null,
      subjectId: subject?.id.slice(0, 100) ?? null,
      changes,
      personal: commitments,
    },
    personal,
  )
}

const actorOf = (viewer: Viewer): Actor | null =>
  viewer.kind === 'member' ? { userId: viewer.userId, apiKeyId: viewer.apiKeyId } : null
