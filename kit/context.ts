import type { Cache, Question } from './cache.ts'
import type { Client } from './client.ts'
import { type Db, inTenant, type Trx } from './database.ts'
import type { Erasures } from './erasures.ts'
import { isErrorCode, NexusError, unavailable } from './errors.ts'
import type { Events } from './events.ts'
import type { Loaders } from './loader.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Outbound } from './outbound.ts'
import { createPermits, type Permits } from './permits.ts'
import type { Queue } from './queue.ts'
import type { Shared } from './redis.ts'
import type { Sealing } from './sealing/sealing.ts'
import type { Caller, InternalSigner, Keys } from './tokens.ts'
import type { Tracer } from './tracing.ts'
import type { SubgraphError, Transports } from './transport.ts'
import { signedIn, type Viewer } from './viewer.ts'
import { watchWrites } from './writes.ts'

/** What a subgraph may know of the house it runs in. */
export type Surroundings = {
  keys: Keys
  log: Log
  /** Where the other subgraphs are; they are called with internal tokens only. */
  transports: Transports
  sign: InternalSigner
  /** Where uploads lie, in a folder for each organization. */
  blobDir: string
  /** Where reports are kept. */
  reportDir: string
  /** For secrets that have to be read again; those that are only compared are hashed. */
  sealing: Sealing
  /** Who was erased, for after a backup is restored. */
  erasures: Erasures
  shared: Shared
  metrics: Metrics
  /** What this subgraph remembers of its answers. */
  cache: Cache
  events: Events
  /** How addresses are asked that people have given. */
  outbound: Outbound
  /** What time it is, for whatever ends or falls due: tests move it. */
  clock(): Date
  /** After how many days without a word from any source an asset is stale. */
  staleAfterDays: number
  /** After how many days alerts that are resolved are archived. */
  alertRetentionDays: number
  /** Where browsers reach the platform, once it listens: an origin. */
  publicUrl(): string
  tracer?: Tracer | null
}

/** What one request to a subgraph carries. */
export type Context<Tables> = Surroundings &
  Permits & {
    viewer: Viewer
    /** The service that called: `gateway`, or the name of a subgraph. */
    service: string
    requestId: string
    /** Where the viewer is; null where no gateway said so. */
    client: Client | null
    db: Db<Tables>
    loaders: Loaders
    /** Work in a transaction that sees the viewer's organization. Throws UNAUTHENTICATED for the anonymous. */
    tenant<Result>(work: (trx: Trx<Tables>) => Promise<Result>): Promise<Result>
    /**
     * The same for what a machine reports: PostgreSQL refuses it every column that people write. Throws
     * UNAUTHENTICATED for the anonymous.
     */
    ingest<Result>(work: (trx: Trx<Tables>) => Promise<Result>): Promise<Result>
    /**
     * The answer as it was computed since anything of the organization was changed here, or computed now. Throws
     * UNAUTHENTICATED for the anonymous.
     */
    remember<Value>(of: Question, compute: () => Promise<Value>): Promise<Value>
    /**
     * Asks for a job of this subgraph, in the transaction that needs it, and answers the id of the operation to
     * follow it by. Throws UNAUTHENTICATED for the anonymous.
     * @param subject the id of what it is about
     */
    enqueue(trx: Trx<Tables>, job: string, subject: string): Promise<string>
  }

const noIngest = (): never => {
  throw new Error('Nothing is ingested here')
}

export function createContext<Tables>(
  surroundings: Surroundings,
  db: Db<Tables>,
  caller: Caller,
  asked: { requestId: string; client: Client | null },
  queue: Pick<Queue<Tables>, 'enqueue'>,
  ingestDb: () => Db<Tables> = noIngest,
): Context<Tables> {
  /** What is remembered is forgotten before anybody is told of what was written. */
  const working = async <Result>(
    of: Db<Tables>,
    work: (trx: Trx<Tables>) => Promise<Result>,
  ): Promise<Result> => {
    const { organizationId } = signedIn(context.viewer)
    const writes = watchWrites<Tables>()
    try {
      return await inTenant(of, { organizationId }, (trx) => work(writes.over(trx)))
    } finally {
      if (writes.seen()) await context.cache.changed(organizationId)
    }
  }
  const context: Context<Tables> = {
    ...surroundings,
    ...caller,
    ...asked,
    db,
    loaders: new Map(),
    ...createPermits(
      surroundings.transports,
      () => context.viewer,
      (subgraph, query, variables) => callPeer(context, subgraph, query, variables),
    ),
    tenant: async (work) => working(db, work),
    ingest: async (work) => working(ingestDb(), work),
    remember: async (of, compute) =>
      context.cache.remember(signedIn(context.viewer), context.clock(), of, compute),
    enqueue: async (trx, job, subject) =>
      queue.enqueue(trx, job, subject, { member: signedIn(context.viewer), requestId: asked.requestId }),
  }
  return context
}

function refusalOf({ message, extensions }: SubgraphError): NexusError {
  const code = isErrorCode(extensions?.code) ? extensions.code : 'INTERNAL_SERVER_ERROR'
  return new NexusError(code, message)
}

/**
 * Calls another subgraph on behalf of the viewer. Throws SERVICE_UNAVAILABLE when it is not there, and what
 * it answered when it refused.
 */
export async function callPeer<Data>(
  context: Pick<Context<unknown>, 'transports' | 'sign' | 'viewer' | 'requestId'>,
  subgraph: string,
  query: string,
  variables: Record<string, unknown>,
): Promise<Data> {
  const transport = context.transports[subgraph]
  if (!transport) throw unavailable()
  const token = await context.sign(context.viewer, subgraph)
  const { data, errors } = await transport({ query, variables, token, requestId: context.requestId })
  const [error] = errors ?? []
  if (error) throw refusalOf(error)
  return data as Data
}
