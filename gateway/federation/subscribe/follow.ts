import { GraphQLError } from 'graphql'
import type { Refused } from '../documents.ts'
import type { Generations, Serving } from '../generations.ts'
import type { Caller } from '../operation.ts'
import { type SubscribeRequest, type Tap, tapped } from './tap.ts'

/** What is asked of each supergraph. Not the document: it would hold the one that it was read for. */
export type Question = Omit<SubscribeRequest, 'document'> & { text: string }

/** A subscription over the supergraphs that replace each other. */
export type Followed = {
  readonly tap: Tap
  /** Why it has ended, where a new supergraph does not have what it asks for. */
  readonly errors: readonly GraphQLError[] | undefined
}

/**
 * Takes a subscription from each supergraph to the next one until `signal` aborts. Events go on meanwhile; where
 * they must come from elsewhere, the new ones are there before the old ones end.
 * @param options.jitterMs within which it ends when it cannot go on
 */
export function follow(
  generations: Generations,
  question: Question,
  first: Tap,
  { caller, signal, jitterMs }: { caller: Caller; signal: AbortSignal; jitterMs: number },
): Followed {
  let tap = first
  let errors: Followed['errors']
  let ending: NodeJS.Timeout | undefined
  let last = Promise.resolve()

  const endLater = (refused: Refused) => {
    ending = setTimeout(() => {
      errors = refused.errors
      tap.stop()
    }, Math.random() * jitterMs)
  }
  const take = async (serving: Serving) => {
    if (signal.aborted || ending) return
    const next = await taken(serving, question, tap, caller, signal).catch(broken)
    if ('errors' in next) return endLater(next)
    const before = tap
    tap = next
    if (before.events !== tap.events) {
      before.stop()
      before.events.return?.().catch(() => {})
    }
    before.leave()
    if (signal.aborted) tap.leave()
  }
  const onReplaced = (serving: Serving) => {
    last = last.then(() => take(serving))
  }
  const forget = generations.onReplaced(onReplaced)
  // One that was replaced while its events were asked for.
  if (first.serving !== generations.current) onReplaced(generations.current)
  signal.addEventListener(
    'abort',
    () => {
      forget()
      clearTimeout(ending)
      tap.leave()
    },
    { once: true },
  )
  return {
    get tap() {
      return tap
    },
    get errors() {
      return errors
    },
  }
}

const taken = async (
  serving: Serving,
  { text, ...question }: Question,
  before: Tap,
  caller: Caller,
  signal: AbortSignal,
): Promise<Tap | Refused> => {
  const document = serving.generation.read(text)
  if ('errors' in document) return document
  return tapped(serving, { ...question, document }, caller, signal, before)
}

const broken = (error: unknown): Refused => ({
  errors: [
    new GraphQLError('This subscription could not go on', {
      originalError: error as Error,
      extensions: { code: 'SERVICE_UNAVAILABLE' },
    }),
  ],
})
