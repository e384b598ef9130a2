import type { GraphQLError, GraphQLResolveInfo } from 'graphql'

/** Where in an answer one is. */
export type Path = GraphQLResolveInfo['path']
/** One run of a compiled operation. */
export type Run = {
  readonly context: unknown
  readonly rootValue: unknown
  /** As the schema has them: defaults filled in. */
  readonly variables: Readonly<Record<string, unknown>>
  readonly errors: Errors
  /** What fields were given, by their numbers. */
  readonly given: Record<string, unknown>[]
}
/** Completes what was resolved, for an answer; throws what is to be told instead. */
export type Complete = (run: Run, value: unknown, path: Path) => unknown

/** The errors of a run, but for those at places that are null by another one already. */
export type Errors = {
  readonly all: GraphQLError[]
  /** `undefined` is the whole answer. */
  add(error: GraphQLError, path: Path | undefined): void
}

export function createErrors(): Errors {
  const all: GraphQLError[] = []
  let places: Set<Path | undefined> | undefined
  const isNull = (path: Path | undefined): boolean => {
    for (let place = path; place; place = place.prev) if (places?.has(place)) return true
    return places?.has(undefined) ?? false
  }
  return {
    all,
    add(error, path) {
      if (isNull(path)) return
      places ??= new Set()
      places.add(path)
      all.push(error)
    },
  }
}

export const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof (value as Promise<unknown> | null | undefined)?.then === 'function'

export const isObjectLike = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** The names and places on the way. */
export function stepsOf(path: Path | undefined): (string | number)[] {
  const steps: (string | number)[] = []
  for (let place = path; place; place = place.prev) steps.push(place.key)
  return steps.reverse()
}
