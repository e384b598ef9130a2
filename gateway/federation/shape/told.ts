import { GraphQLError } from 'graphql'
import type { Branch, Branches } from '../compile/branches.ts'
import type { Fields } from '../compile/own.ts'
import type { Place } from '../compile/path.ts'
import type { Failure, Run } from '../execute/run.ts'

type Node = { ends: boolean; into: Map<string | number, Node> }
const node = (): Node => ({ ends: false, into: new Map() })

const most = 1_000
const mostOfOne = 100

/** The errors of one answer: each null that needs a reason has one, and has it once. */
export type Told = {
  /** Says what is wrong with a value. */
  tell(path: Place, message: string): void
  /** Gives a null its reason, unless one has been told at its place, above or below it. */
  explain(path: Place, message: string): void
  /** Gives a field that nobody has answered its reason: what its object lacked, if that is known. */
  explainMissing(path: Place, message: string): void
  /** Says that a null hides what the caller may not see; of one thing it is told a hundred times at most. */
  withhold(path: Place, what: object): void
  /** Where something is withheld. */
  withheld(data: Fields | null): Place[]
  /**
   * All errors, those too that have been no reason for anything. What failed where the answer turned out to have
   * no such field is left out: it was asked in case that an object is of another type.
   */
  finish(data: Fields | null): GraphQLError[]
}

/**
 * Starts from what subgraphs said. A failure in something that the client did not ask for is the reason of what
 * depends on it; where nothing does, it stands at the object that it was for.
 * @param asked the client's fields, under the names that the plan uses
 */
export function createTold(
  failures: Run['failures'],
  asked: Branches,
  toClient: (name: string) => string,
): Told {
  const root = node()
  const errors: GraphQLError[] = []
  const aside: { failure: Failure; path: Place; used: boolean }[] = []

  const hidden: Place[] = []
  const times = new Map<object, number>()

  /** Whether a place is told of for the first time. */
  const mark = (path: readonly (string | number)[]): boolean => {
    let at = root
    for (const element of path) {
      const next = at.into.get(element) ?? node()
      at.into.set(element, next)
      at = next
    }
    const isFirst = !at.ends
    at.ends = true
    return isFirst
  }
  const put = (error: GraphQLError) => {
    if (errors.length >= most) return
    errors.push(error)
    if (error.path) mark(error.path)
  }
  const failed = ({ message, extensions }: Failure, path?: Place) =>
    put(new GraphQLError(message, { extensions, ...(path?.length && { path }) }))
  const wrong = (path: Place, message: string) =>
    put(new GraphQLError(message, { path: [...path], extensions: { code: 'INTERNAL_SERVER_ERROR' } }))

  const isExplained = (path: Place): boolean => {
    let at: Node | undefined = root
    for (const element of path) {
      at = at.into.get(element)
      if (!at) return errors.length >= most
      if (at.ends) return true
    }
    return true
  }

  for (const failure of failures) {
    const { place, isCause } = failure
    if (place && isCause) aside.push({ failure, path: clientPath(place, asked, toClient).path, used: true })
    else if (!place) aside.push({ failure, path: [], used: false })
    else {
      const { path, whole } = clientPath(place, asked, toClient)
      if (whole) failed(failure, path)
      else aside.push({ failure, path, used: false })
    }
  }
  return {
    tell: wrong,
    explain(path, message) {
      if (!isExplained(path)) wrong(path, message)
    },
    explainMissing(path, message) {
      if (isExplained(path)) return
      const cause = aside.find((one) => one.path.every((element, index) => path[index] === element))
      if (!cause) return wrong(path, message)
      cause.used = true
      failed(cause.failure, [...path])
    },
    withhold(path, what) {
      if (!mark(path)) return
      const time = times.get(what) ?? 0
      times.set(what, time + 1)
      if (time < mostOfOne && hidden.length < most) hidden.push(path)
    },
    withheld: (data) => hidden.filter((path) => isAnswered(data, path)),
    finish(data) {
      for (const { failure, path, used } of aside) if (!used) failed(failure, failure.place && path)
      return errors.flatMap((error) => placed(error, data))
    },
  }
}

function isAnswered(data: unknown, path: Place): boolean {
  let value = data
  for (const element of path) {
    if (value === null) return true
    if (typeof value !== 'object' || !Object.hasOwn(value as object, element)) return false
    value = (value as Fields)[element]
  }
  return true
}

/** An error where the answer has its place; without one where no answer could have it. */
function placed(error: GraphQLError, data: unknown): GraphQLError[] {
  let value = data
  for (const element of error.path ?? []) {
    if (value === null) break
    const isPlace = Array.isArray(value) ? typeof element === 'number' : typeof element === 'string'
    if (typeof value !== 'object' || !isPlace)
      return [new GraphQLError(error.message, { extensions: error.extensions })]
    if (!Object.hasOwn(value as object, element)) return []
    value = (value as Fields)[element]
  }
  return [error]
}

/** A place as the client knows it, as far as it asked for it. */
function clientPath(place: Place, asked: Branches, toClient: (name: string) => string) {
  const path: Place = []
  let at: Branches | null | undefined = asked
  for (const element of place) {
    if (typeof element === 'string') {
      const branch: Branch | undefined = at?.at.get(element)
      if (!branch) return { path, whole: false }
      at = branch.of
    }
    path.push(typeof element === 'string' ? toClient(element) : element)
  }
  return { path, whole: true }
}
