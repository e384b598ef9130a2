import { type ExecutionResult, GraphQLError } from 'graphql'
import { NexusError } from '#kit/errors.ts'
import type { Place } from '../compile/path.ts'
import type { Refusal } from './filter.ts'
import type { Authorization, Refused } from './judge.ts'

const { message, extensions } = new NexusError('UNAUTHORIZED_FIELD_OR_TYPE', 'Unauthorized field or type')

export const unauthorized = (path?: Place, because = message): GraphQLError =>
  new GraphQLError(because, { extensions, ...(path && { path }) })

/** Tells who wants to know what of an operation is refused. */
export function report(
  authorization: Authorization,
  refusals: readonly Refusal[],
  of: Pick<Refused, 'context' | 'operationName'>,
): void {
  const coordinates = [...new Set(refusals.map(({ coordinate }) => coordinate))]
  authorization.onRefused?.({ ...of, coordinates, dryRun: authorization.dryRun === true })
}

/** An answer that says what of it is withheld, where it is to be said. */
export function answered(
  { data, errors }: ExecutionResult,
  withheld: readonly Place[],
  where: Authorization['errors'] = 'errors',
): ExecutionResult {
  const told = withheld.map((path) => unauthorized(path))
  if (where === 'errors') return { errors: [...told, ...(errors ?? [])], data: data ?? null }
  return {
    ...(errors && { errors }),
    data: data ?? null,
    ...(where === 'extensions' && { extensions: { authorizationErrors: told.map((of) => of.toJSON()) } }),
  }
}

const refused = (path?: Place) =>
  new GraphQLError(message, { extensions: { ...extensions, http: { status: 403 } }, ...(path && { path }) })

/** The answer to an operation that is not run because of what of it may not be seen. */
export function rejected(
  refusals: readonly Refusal[],
  where: Authorization['errors'] = 'errors',
): { errors: readonly GraphQLError[] } {
  // An answer without data needs an error: one that does not say of what.
  if (where !== 'errors') return { errors: [refused()] }
  const paths = new Map(refusals.map(({ path }) => [path.join('.'), path]))
  return { errors: [...paths.values()].map(refused) }
}
