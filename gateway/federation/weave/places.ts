import {
  type FieldNode,
  type GraphQLNonNull,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql'
import type { Fragments } from '../compile/branches.ts'
import type { Decisions } from '../compile/decisions.ts'
import type { Types } from '../compile/types.ts'
import { collect } from '../shape/collect.ts'
import { unwoven, type WovenCall } from './calls.ts'
import { anyLeaf, leafPattern } from './leaves.ts'

/** What is selected of an object, by name, in the order of the text. */
export type Selected = ReadonlyMap<string, readonly FieldNode[]>
export type Selecting = {
  types: Types
  fragments: Fragments
  decisions: Decisions
  /** The client's name for one that the plan uses. */
  toClient(name: string): string
}

const undecided: Decisions = new Map()

const setsOf = (nodes: readonly FieldNode[]) => nodes.flatMap(({ selectionSet }) => selectionSet ?? [])

export const namesOf = (selected: Selected | null): string[] => [...(selected?.keys() ?? [])]

const below = (place: string, name: string) => (place === '' ? name : `${place}.${name}`)

/** A value of a call's answer: what the call asks of it, what the client wants of it, if anything, and where it stands. */
export type Value = {
  call: WovenCall
  type: GraphQLOutputType
  asked: readonly FieldNode[]
  wanted: readonly FieldNode[] | null
  place: string
}

/** What is known of an object's text beside its pattern. */
export function createPlaces(client: Selecting, calls: readonly WovenCall[]) {
  const { types } = client
  /** What a call asks of an object. */
  const askedBy = (
    { fragments }: WovenCall,
    type: GraphQLObjectType,
    nodes: readonly FieldNode[],
  ): Selected => collect(type.name, setsOf(nodes), { types, fragments, decisions: undecided })
  /** What a call asks of the root, or of each entity. */
  const topOf = ({ set, fragments }: WovenCall, type: GraphQLObjectType): Selected =>
    collect(type.name, [set], { types, fragments, decisions: undecided })
  /** What the client wants of an object; null where nothing of it. */
  const wantedOf = (type: GraphQLObjectType, nodes: readonly FieldNode[] | null): Selected | null =>
    nodes && wantedIn(type, setsOf(nodes))
  const wantedIn = (type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Selected => {
    const wanted = collect(type.name, sets, client)
    for (const name of wanted.keys()) if (client.toClient(name) !== name) unwoven()
    return wanted
  }

  /** The type of a field; null where clients do not know the field. */
  const typeOf = (type: GraphQLObjectType, [node]: readonly FieldNode[]): GraphQLOutputType | null => {
    if (node!.name.value === '__typename') return null
    const field = type.getFields()[node!.name.value]
    if (!field && node!.selectionSet) return unwoven()
    return field?.type ?? null
  }
  const hasCallsBelow = (place: string) =>
    calls.some((call) => call.place === place || call.place?.startsWith(`${place}.`))

  /** The value of a field of an object, of which the client wants `theirs`; null where clients do not know the field. */
  const fieldOf = (
    { call, type, place }: { call: WovenCall; type: GraphQLObjectType; place: string },
    theirs: Selected | null,
    [name, asked]: readonly [name: string, asked: readonly FieldNode[]],
  ): Value | null => {
    const field = typeOf(type, asked)
    return field && { call, type: field, asked, wanted: theirs?.get(name) ?? null, place: below(place, name) }
  }

  /** Whether the client has the text of a value as it comes. Of what it does not want, whether nobody else does. */
  const isWhole = (value: Value): boolean => {
    const { call, type, asked, wanted, place } = value
    const bare = getNullableType(type)
    if (isListType(bare)) return isWhole({ ...value, type: bare.ofType })
    if (isLeafType(bare)) return true
    if (!isObjectType(bare)) return unwoven()
    if (hasCallsBelow(place)) return false
    const own = askedBy(call, bare, asked)
    const theirs = wantedOf(bare, wanted)
    if (theirs && namesOf(own).join() !== namesOf(theirs).join()) return false
    return [...own].every(([name, nodes]) => {
      const same = theirs?.get(name)
      if (same && same[0]!.name.value !== nodes[0]!.name.value) return unwoven()
      const field = fieldOf({ call, type: bare, place }, theirs, [name, nodes])
      return !field || isWhole(field)
    })
  }

  /** The pattern of a value that is whole. */
  const patternOf = (call: WovenCall, type: GraphQLOutputType, asked: readonly FieldNode[]): string => {
    const present = presentPattern(call, getNullableType(type), asked)
    return isNonNullType(type) ? present : `(?:null|${present})`
  }
  const presentPattern = (
    call: WovenCall,
    bare: GraphQLNullableOutputType,
    asked: readonly FieldNode[],
  ): string => {
    if (isLeafType(bare)) return leafPattern(bare)
    if (isListType(bare)) {
      const element = patternOf(call, bare.ofType, asked)
      return `\\[(?:${element}(?:,(?!\\])|(?=\\])))*\\]`
    }
    if (!isObjectType(bare)) return unwoven()
    const fields = [...askedBy(call, bare, asked)].map(
      ([name, nodes]) => `"${name}":${fieldPattern(call, bare, nodes)}`,
    )
    return `\\{${fields.join()}\\}`
  }
  const fieldPattern = (call: WovenCall, type: GraphQLObjectType, nodes: readonly FieldNode[]): string => {
    if (nodes[0]!.name.value === '__typename') return `"${type.name}"`
    const field = typeOf(type, nodes)
    return field ? patternOf(call, field, nodes) : anyLeaf
  }

  /** Whether a value has lists inside of which each element has to be looked at. */
  const hasRows = (value: Value): boolean => {
    if (isWhole(value)) return false
    const { call, asked, wanted, place } = value
    const type = getNullableType(value.type)
    if (!isObjectType(type)) return true
    const theirs = wantedOf(type, wanted)
    return [...askedBy(call, type, asked)].some((of) => {
      const field = fieldOf({ call, type, place }, theirs, of)
      return field !== null && hasRows(field)
    })
  }
  return { askedBy, topOf, wantedOf, wantedIn, typeOf, fieldOf, isWhole, fieldPattern, hasRows }
}
export type Places = ReturnType<typeof createPlaces>

type GraphQLNullableOutputType = Exclude<GraphQLOutputType, GraphQLNonNull<never>>
