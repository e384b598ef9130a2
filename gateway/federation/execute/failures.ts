import type { FetchDataRewrite } from '@apollo/query-planner'
import { Kind, type SelectionSetNode } from 'graphql'
import { unavailable } from '#kit/errors.ts'
import type { SubgraphError } from '#kit/transport.ts'
import type { Fragments } from '../compile/branches.ts'
import type { Fields } from '../compile/own.ts'
import { type Path, type Place, placesAt } from '../compile/path.ts'
import type { Types } from '../compile/types.ts'
import { type Failure, failureOf, type Run } from './run.ts'

/** What is known of a call before it is made. */
export type Failing = {
  subgraph: string
  path: Path
  set: SelectionSetNode | undefined
  fragments: Fragments
  rewrites: readonly FetchDataRewrite[]
  types: Types
}
export type Failed = {
  data: unknown
  errors: readonly SubgraphError[] | undefined
  targets: readonly Fields[]
  /** For each target the place of its entity, where the call asked for entities. */
  places?: readonly number[]
}

const most = 100

/** The failures of a call at their places in the answer: of a call without an answer, at each of its fields. */
export function failures(failing: Failing, run: Run, { data, errors, targets, places }: Failed): Failure[] {
  const { subgraph, path, rewrites } = failing
  const at = placesAt(run.data, path)
  const renamed = new Map(
    rewrites.flatMap((of) => (of.kind === 'KeyRenamer' ? [[of.path.at(-1), of.renameKeyTo] as const] : [])),
  )
  /** Places in an object; of an object as a whole, those of its fields. */
  const within = (target: Fields, rest: Place): Place[] =>
    rest.length > 0
      ? below(at.get(target), rest)
      : fieldsOf(failing, target.__typename).flatMap((field) => below(at.get(target), [field]))
  const told: readonly SubgraphError[] = Array.isArray(errors) && errors.length > 0 ? errors : [nothing]
  return told.flatMap((error): Failure[] => {
    const failure = failureOf(error, subgraph)
    const place = failure.place?.map((element) => renamed.get(String(element)) ?? element)
    const put = (places: Place[]) => places.slice(0, most).map((place) => ({ ...failure, place }))
    if (places && place?.[0] === '_entities' && typeof place[1] === 'number') {
      const wanting = targets.filter((_, index) => places[index] === place[1])
      const causes = wanting.flatMap((target) => below(at.get(target), []))
      return [
        ...put(wanting.flatMap((target) => within(target, place.slice(2)))),
        ...put(causes).map((cause) => ({ ...cause, isCause: true })),
      ]
    }
    if (!places && place) return put(targets.flatMap((target) => below(at.get(target), place)))
    if (data !== null && data !== undefined) return [{ ...failure, place: undefined }]
    return put(targets.flatMap((target) => within(target, [])))
  })
}

const { message, extensions } = unavailable()
const nothing: SubgraphError = { message, extensions }

const below = (places: Place[] | undefined, rest: Place): Place[] =>
  places?.map((place) => [...place, ...rest]) ?? []

/** The fields that a call would have answered for an object of a type. */
function fieldsOf({ set, fragments, types }: Failing, typename: unknown): string[] {
  const names = new Set<string>()
  const walk = (of: SelectionSetNode | undefined) => {
    for (const selection of of?.selections ?? []) {
      if (selection.kind === Kind.FIELD) names.add((selection.alias ?? selection.name).value)
      else {
        const fragment =
          selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
        const condition = fragment?.typeCondition?.name.value
        if (condition && typeof typename === 'string' && !types.passing(condition).has(typename)) continue
        walk(fragment?.selectionSet)
      }
    }
  }
  walk(set)
  names.delete('__typename')
  return [...names]
}
