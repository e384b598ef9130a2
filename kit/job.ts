import type { QueryExecutorProvider } from 'kysely'
import type { Context } from './context.ts'
import type { Trx } from './database.ts'
import type { Progress } from './operation.ts'
import type { Member, Permission } from './viewer.ts'

/** What a job may say of the operation that it carries out. Each throws Superseded once it is not its own. */
export type Attempt = {
  id: string
  /** From 1. */
  number: number
  /** In a transaction of its own, unless one is given. */
  advance(progress: Progress, trx?: QueryExecutorProvider): Promise<void>
  /** From here on nobody can cancel it. */
  settle(): Promise<void>
  /** In the transaction of the effect. */
  complete(trx: QueryExecutorProvider, done: number): Promise<void>
  /** Ends it as FAILED, where trying again would find the same; in the transaction that writes down why. */
  refuse(trx: QueryExecutorProvider, why: Refusal): Promise<void>
}
export type Refusal = { code: string; message: string }

/** What a job works with: as the member who asked for it, and under the id of that request. */
export type JobContext<Tables> = Context<Tables> & {
  operation: Attempt
  /** Aborts when the job is out of time, was taken from this worker, was cancelled, or has to stop. */
  signal: AbortSignal
}

/**
 * Work that outlives a request. It may run more than once: what it changes, it changes in the transaction that
 * completes its operation.
 */
export type Job<Tables> = {
  /** Seconds that one attempt may take. */
  deadline: number
  /**
   * What who asked must still hold when an attempt begins; `signedIn` for what follows from a change that was theirs
   * to make, perhaps by a grant over some assets alone.
   */
  permission: Permission | 'signedIn'
  /** It only follows from the change that asked for it, whose row in the journal stands for it. */
  isConsequence?: true
  /** @param subject the id of what it is about */
  run(context: JobContext<Tables>, subject: string): Promise<void>
  /** What else is to be written when nobody will try it again, in the transaction that ends its operation. */
  givenUp?(trx: Trx<Tables>, subject: string, why: Refusal): Promise<void>
}
/** By their names: imperative, in kebab-case. */
export type Jobs<Tables> = Readonly<Record<string, Job<Tables>>>

/** What waits in a queue: ids, and who asked. */
export type Payload = { operation: string; subject: string; requestId: string; member: Member }

/** The name of a job's queue. */
export const queueOf = (subgraph: string, job: string): string => `${subgraph}.${job}`
/** The name of the queue of what a subgraph will not try again. */
export const givenUp = (subgraph: string): string => `${subgraph}.given-up`
