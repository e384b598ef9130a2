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

export const below = (place: string, name: string) => (place === '' ? name : `${place}.${name}`)

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

  /** Whether the client has the text of a value as it comes. Of what it does not want, whether nobody else does. */
  const isWhole = (
    call: WovenCall,
    type: GraphQLOutputType,
    asked: readonly FieldNode[],
    wanted: readonly FieldNode[] | null,
    place: string,
  ): boolean => {
    const bare = getNullableType(type)
    if (isListType(bare)) return isWhole(call, bare.ofType, asked, wanted, place)
    if (isLeafType(bare)) return true
    if (!isObjectType(bare)) return unwoven()
    if (hasCallsBelow(place)) return false
    const own = askedBy(call, bare, asked)
    const theirs = wantedOf(bare, wanted)
    if (theirs && namesOf(own).join() !== namesOf(theirs).join()) return false
    return [...own].every(([name, nodes]) => {
      const field = typeOf(bare, nodes)
      const same = theirs?.get(name) ?? null
      if (same && same[0]!.name.value !== nodes[0]!.name.value) return unwoven()
      return !field || isWhole(call, field, nodes, same, below(place, name))
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
  const hasRows = (
    call: WovenCall,
    type: GraphQLOutputType,
    asked: readonly FieldNode[],
    wanted: readonly FieldNode[] | null,
    place: string,
  ): boolean => {
    if (isWhole(call, type, asked, wanted, place)) return false
    const bare = getNullableType(type)
    if (!isObjectType(bare)) return true
    const theirs = wantedOf(bare, wanted)
    return [...askedBy(call, bare, asked)].some(([name, nodes]) => {
      const field = typeOf(bare, nodes)
      return field !== null && hasRows(call, field, nodes, theirs?.get(name) ?? null, below(place, name))
    })
  }
  return { askedBy, topOf, wantedOf, wantedIn, typeOf, isWhole, fieldPattern, hasRows }
}
export type Places = ReturnType<typeof createPlaces>

type GraphQLNullableOutputType = Exclude<GraphQLOutputType, GraphQLNonNull<never>>
