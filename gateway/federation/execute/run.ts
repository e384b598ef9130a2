import type { Deadline } from '#kit/deadline.ts'
import type { Span } from '#kit/tracing.ts'
import type { SubgraphError, SubgraphResponse } from '#kit/transport.ts'
import { type Fields, isFields } from '../compile/own.ts'
import type { Place } from '../compile/path.ts'
import type { Sources } from '../source.ts'

/** One run of a compiled operation. */
export type Run = {
  readonly sources: Sources
  readonly variables: Readonly<Record<string, unknown>>
  readonly context: unknown
  /** Ends the whole operation. */
  readonly deadline: Deadline
  readonly trace: Span | undefined
  /** Set for what a mutation or an event asks: it must see the change. */
  readonly isFresh: boolean
  /** What the subgraph of a subscription has just told. */
  readonly event?: SubgraphResponse | undefined
  /** Calls that were answered while another form was hoped for: they are not made again. */
  readonly known?: Known[] | undefined
  /** What subgraphs have answered so far, under the names that the plan uses. */
  readonly data: Fields
  readonly failures: Failure[]
  /** Objects that a subgraph does not know: their fields are null, and nobody failed. */
  readonly lost: Set<Fields>
  /** Those too of which a subgraph could not tell its part. */
  readonly broken: Set<Fields>
}

/** A call that was answered, and with what. */
export type Known = { readonly subgraph: string; readonly body: string; readonly answer: SubgraphResponse }

/** What a subgraph, or the way to it, says went wrong. */
export type Failure = {
  readonly message: string
  readonly extensions: Record<string, unknown>
  /** Where, under the names that the plan uses; unknown when the subgraph does not say. */
  readonly place: Place | undefined
  /** Set for the reason of an object's missing fields that is told at another place, too. */
  readonly isCause?: boolean
}

/** A part of a plan. Resolves when what it asks for is in the data, or its failure among the failures. */
export type Step = (run: Run) => Promise<unknown> | undefined

const isPath = (path: unknown): path is Place =>
  Array.isArray(path) && path.every((element) => typeof element === 'string' || typeof element === 'number')

/** A failure of what a subgraph tells, whatever it is that it tells. */
export function failureOf(error: SubgraphError | null | undefined, subgraph: string): Failure {
  const { message, path, extensions } = (typeof error === 'object' && error) || {}
  // Apollo Server takes the status of the whole answer from there.
  const { http: _, ...told } = isFields(extensions) ? extensions : {}
  return {
    message: typeof message === 'string' && message !== '' ? message : `The subgraph ${subgraph} failed`,
    extensions: {
      code: 'DOWNSTREAM_SERVICE_ERROR',
      ...told,
      serviceName: subgraph,
    },
    place: isPath(path) ? path : undefined,
  }
}
