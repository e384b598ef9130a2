import { type FieldNode, Kind, type OperationDefinitionNode, type SelectionNode } from 'graphql'
import { type Decisions, isIncluded } from '../compile/decisions.ts'
import type { Place } from '../compile/path.ts'
import { type Guarded, type Part, setOf } from './guards.ts'

/** Fields that the caller may not see, and for each what of it is withheld: places inside of it, or itself. */
export type Withheld = ReadonlyMap<FieldNode, readonly Place[]>
/** Something that the caller may not see. */
export type Refusal = {
  /** `Type.field`, or the type of a fragment. */
  readonly coordinate: string
  /** Where it was asked for, as the client knows it, up to the first list. */
  readonly path: Place
}
/** What is left of an operation. */
export type Filtered = {
  /** What may be asked for. Its selections are empty where nothing is left. */
  readonly kept: OperationDefinitionNode
  readonly withheld: Withheld
  readonly refusals: readonly Refusal[]
}
type Kept = { selections: SelectionNode[]; refusals: Refusal[] }

const itself: readonly Place[] = [[]]
const distinct = (places: readonly Place[]): Place[] => [
  ...new Map(places.map((place) => [place.join('.'), place])).values(),
]

/**
 * Leaves out of an operation what the caller may not see, and what nothing is left of: nobody is asked for an
 * object of which every field is withheld.
 * @param isMet tells of each of its requirements whether the caller meets it
 */
export function filtered(
  { operation, parts }: Guarded,
  {
    isMet,
    decisions,
    toClient,
  }: { isMet(guard: number): boolean; decisions: Decisions; toClient(name: string): string },
): Filtered {
  const withheld = new Map<FieldNode, readonly Place[]>()
  const isLost = ({ guard }: Part) => guard >= 0 && !isMet(guard)

  /** Nothing inside of what is withheld is answered, also where the same is asked again and may be seen. */
  const lose = (of: readonly Part[]): void => {
    for (const { selection, parts: inner } of of) {
      if (selection.kind === Kind.FIELD && !selection.name.value.startsWith('__'))
        withheld.set(selection, itself)
      lose(inner)
    }
  }
  const keep = (of: readonly Part[]): Kept => {
    const kept: Kept = { selections: [], refusals: [] }
    for (const part of of) {
      const { selection } = part
      if (!isIncluded(selection, decisions)) continue
      if (selection.kind === Kind.FIELD) keepField(part, selection, kept)
      else if (isLost(part)) {
        lose(part.parts)
        for (const { path } of named(part.parts)) kept.refusals.push({ coordinate: part.coordinate, path })
      } else {
        const inner = keep(part.parts)
        kept.refusals.push(...inner.refusals)
        if (inner.selections.length > 0)
          kept.selections.push({ ...selection, selectionSet: setOf(inner.selections) })
      }
    }
    return kept
  }
  const keepField = (part: Part, field: FieldNode, { selections, refusals }: Kept) => {
    const key = toClient((field.alias ?? field.name).value)
    if (isLost(part)) {
      withheld.set(field, itself)
      lose(part.parts)
      refusals.push({ coordinate: part.coordinate, path: [key] })
      return
    }
    if (part.parts.length === 0) return void selections.push(field)
    const inner = keep(part.parts)
    const places = inner.refusals.map(({ path }) => (part.isList ? [] : path))
    inner.refusals.forEach(({ coordinate }, index) => {
      refusals.push({ coordinate, path: [key, ...places[index]!] })
    })
    if (inner.selections.length > 0 || places.length === 0)
      selections.push({ ...field, selectionSet: setOf(inner.selections) })
    else withheld.set(field, distinct(places))
  }
  /** The fields of a fragment that is withheld, each where it was asked for. */
  const named = (of: readonly Part[]): { path: Place }[] =>
    of.flatMap(({ selection, parts: inner }) => {
      if (!isIncluded(selection, decisions)) return []
      if (selection.kind !== Kind.FIELD) return named(inner)
      return selection.name.value === '__typename'
        ? []
        : [{ path: [toClient((selection.alias ?? selection.name).value)] }]
    })

  const { selections, refusals } = keep(parts)
  return { kept: { ...operation, selectionSet: setOf(selections) }, withheld, refusals }
}
