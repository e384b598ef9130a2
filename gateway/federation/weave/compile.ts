import {
  type FieldNode,
  type GraphQLObjectType,
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import type { Identify } from '../compile/keys.ts'
import { unwoven, type WovenCall } from './calls.ts'
import { leafPattern } from './leaves.ts'
import { entering, ofEntity, type Piece, unless, type Way, within } from './pieces.ts'
import { namesOf, type Places, type Selected, type Value } from './places.ts'
import { addInner, addPattern, emptyRow, openGroup, type Row } from './row.ts'

/** Where a call's row stands in the graph, and what of it is looked at. */
type Spot = { call: WovenCall; row: Row; type: GraphQLObjectType; place: string; way: Way }
/** What a source has of an object: in parts for the client, and by name for who requires it. */
type Sourced = { parts: (readonly Piece[])[]; slots: ReadonlyMap<string, number> }

/**
 * Writes the rows of calls, and makes the pieces of the client's text of them. Throws Unwoven for what is not plain
 * enough.
 */
export function createWeaver(places: Places, calls: readonly WovenCall[], identify: Identify) {
  const { askedBy, topOf, wantedOf, typeOf, fieldOf, isWhole, fieldPattern, hasRows } = places

  /** An object with all that several calls know of it. Its pieces are what is between its braces. */
  const object = (spot: Spot, own: Selected, wanted: Selected | null): Piece[] => {
    const { call, type, place, way } = spot
    const joining = calls.filter((other) => other.place === place && other !== call && isLater(other, call))
    const sources = [{ call, own }, ...joining.map((of) => ({ call: of, own: topOf(of, type) }))]
    const groups = grouped(wanted, sources)
    const required = new Set(joining.flatMap((of) => requiredBy(of, type)))
    const told = sources.map(({ call: of, own: asked }, source) => {
      const parts = groups.flatMap((group) => (group.source === source ? [group.names] : []))
      if (source === 0) return fields(spot, asked, wanted, parts, required)
      addPattern(of.row, '\\{')
      const its = fields({ ...spot, call: of, row: of.row, way: start }, asked, wanted, parts, required)
      addPattern(of.row, '\\}')
      return its
    })
    const numbers = joining.map((of) => of.number)
    for (const [index, of] of joining.entries()) {
      if (of.from) unwoven()
      const { pieces, before } = representing(of, type, joining.slice(0, index), told)
      of.from = { call: call.number, way, before }
      of.represents = pieces
      of.parts = told[index + 1]!.parts
    }
    const turns = sources.map(() => 0)
    const pieces = groups.map(({ source }): readonly Piece[] => {
      if (source === -1) return [`"__typename":"${type.name}"`]
      const part = turns[source]!++
      const its = told[source]!.parts[part] ?? unwoven()
      if (source === 0) return its
      return [ofEntity(sources[source]!.call.number, part, its)]
    })
    const joined = separated(pieces)
    return numbers.length > 0 && wanted ? [entering(numbers), ...joined] : joined
  }

  /** Calls that come later than the one whose object it is. */
  const isLater = (one: WovenCall, other: WovenCall) => one.number > other.number

  const requiredBy = ({ requires = [] }: WovenCall, type: GraphQLObjectType): string[] => {
    const [only] = requires
    if (requires.length !== 1 || only?.kind !== 'InlineFragment' || only.typeCondition !== type.name)
      return unwoven()
    return only.selections.flatMap((of) => {
      if (of.kind !== 'Field' || of.selections || of.alias) return unwoven()
      return of.name
    })
  }

  /** @param earlier calls whose entities it may require something of */
  const representing = (
    of: WovenCall,
    type: GraphQLObjectType,
    earlier: readonly WovenCall[],
    told: readonly Sourced[],
  ) => {
    const names = requiredBy(of, type)
    const sample = Object.fromEntries(names.map((name) => [name, type.name]))
    if (!names.includes('__typename') || !identify(of.subgraph)(sample)) unwoven()
    const before = new Set<number>()
    const fields = names.map((name): Piece => {
      if (name === '__typename') return `"__typename":"${type.name}"`
      const having = [...earlier.keys(), earlier.length].filter((source) => told[source]!.slots.has(name))
      const [source = unwoven()] = having
      if (having.length > 1) unwoven()
      const slot = told[source]!.slots.get(name)!
      if (source === 0) return slot
      const { number } = earlier[source - 1]!
      before.add(number)
      return ofEntity(number, 0, [slot])
    })
    return { pieces: ['{', ...separated(fields.map((field) => [field])), '}'], before: [...before] }
  }

  /** The fields that a call has of an object: their pattern, and what is told of them, part by part. */
  const fields = (
    spot: Spot,
    own: Selected,
    wanted: Selected | null,
    parts: readonly (readonly string[])[],
    required: ReadonlySet<string>,
  ): Sourced => {
    const { call, row, type } = spot
    const names = namesOf(own)
    const slots = new Map<string, number>()
    const field = (name: string) => fieldOf(spot, wanted, [name, own.get(name)!])
    const isPlain = (name: string) => {
      const value = field(name)
      return !value || isWhole(value)
    }
    const runs = parts.map((part) => runsOf(part, names, isPlain))
    const told = new Map<string, Piece[]>()
    for (const [index, name] of names.entries()) {
      if (index > 0) addPattern(row, ',')
      const run = runs.flat().find(({ from, to }) => from <= index && index <= to)
      const plain = isPlain(name)
      if (plain && run?.from === index) told.set(name, [openGroup(row)])
      if (required.has(name) && name !== '__typename') {
        if (!plain) unwoven()
        slots.set(name, openGroup(row))
      }
      addPattern(row, `"${name}":`)
      const nodes = own.get(name)!
      if (slots.has(name)) addPattern(row, `${requiredPattern(spot, nodes)})`)
      else if (plain) addPattern(row, fieldPattern(call, type, nodes))
      else {
        told.set(name, [`"${name}":`, ...piecesOf(field(name)!, row, spot.way)])
      }
      if (plain && run?.to === index) addPattern(row, ')')
    }
    return { parts: runs.map((of) => separated(of.map(({ from }) => told.get(names[from]!)!))), slots }
  }

  /** What stands for an object is never null. */
  const requiredPattern = ({ call, type }: Spot, nodes: readonly FieldNode[]): string => {
    const field = typeOf(type, nodes)
    if (!field) return fieldPattern(call, type, nodes)
    const bare = getNullableType(field)
    return isLeafType(bare) ? leafPattern(bare) : unwoven()
  }

  /** A value that is looked at: its pattern, and its pieces. */
  const piecesOf = (value: Value, row: Row, way: Way): Piece[] => {
    const { call, type, asked, wanted, place } = value
    const mayBeNull = !isNonNullType(type)
    const bare = getNullableType(type)
    if (isListType(bare)) {
      const inner = emptyRow()
      const slot = addInner(row, { row: inner, isList: true, mayBeNull })
      return [within(slot, true, piecesOf({ ...value, type: bare.ofType }, inner, into(way, slot, true)))]
    }
    if (!isObjectType(bare)) return unwoven()
    const own = askedBy(call, bare, asked)
    const theirs = wantedOf(bare, wanted)
    const braced = (of: Row, on: Way) => {
      addPattern(of, '\\{')
      const pieces = object({ call, row: of, type: bare, place, way: on }, own, theirs)
      addPattern(of, '\\}')
      return ['{', ...pieces, '}']
    }
    if (!mayBeNull) return braced(row, way)
    if (!hasRows(value)) {
      addPattern(row, '(?:')
      const slot = openGroup(row)
      addPattern(row, 'null)|')
      const pieces = braced(row, { ...way, nulls: [...way.nulls, slot] })
      addPattern(row, ')')
      return [unless(slot, pieces)]
    }
    const inner = emptyRow()
    const slot = addInner(row, { row: inner, isList: false, mayBeNull })
    return [within(slot, false, braced(inner, into(way, slot, false)))]
  }

  /** The text of the whole answer, whose root several calls may know. */
  const root = (type: GraphQLObjectType, wanted: Selected): Piece[] => {
    const sources = calls
      .filter((call) => call.place === null)
      .map((call) => ({ call, own: topOf(call, type) }))
    const groups = grouped(wanted, sources)
    const told = sources.map(({ call, own }, source) => {
      const parts = groups.flatMap((group) => (group.source === source ? [group.names] : []))
      const spot = { call, row: call.row, type, place: '', way: start }
      addPattern(call.row, '\\{"data":\\{')
      const its = fields(spot, own, wanted, parts, new Set())
      addPattern(call.row, '\\}\\}')
      call.parts = its.parts
      return its
    })
    if (calls.some(({ place, from }) => place !== null && !from)) unwoven()
    const turns = sources.map(() => 0)
    const pieces = groups.map(({ source }): readonly Piece[] => {
      if (source === -1) return [`"__typename":"${type.name}"`]
      const part = turns[source]!++
      return [ofEntity(sources[source]!.call.number, part, told[source]!.parts[part]!)]
    })
    return ['{"data":{', ...separated(pieces), '}}']
  }
  return root
}

const separated = (pieces: readonly (readonly Piece[])[]): Piece[] =>
  pieces.flatMap((of, index) => (index > 0 ? [',', ...of] : of))

const start: Way = { steps: [], nulls: [] }
const into = ({ steps }: Way, slot: number, isList: boolean): Way => ({
  steps: [...steps, { slot, isList }],
  nulls: [],
})

/** What the client wants, in parts that one source each has; -1 where all is known without. */
function grouped(wanted: Selected | null, sources: readonly { own: Selected }[]) {
  const groups: { source: number; names: string[] }[] = []
  for (const [name, nodes] of wanted ?? []) {
    const having = sources.flatMap(({ own }, source) => (own.has(name) ? [source] : []))
    const isTypename = nodes[0]!.name.value === '__typename'
    if (isTypename && name !== '__typename') unwoven()
    if (having.length > 1 && !isTypename) unwoven()
    const [source = isTypename ? -1 : unwoven()] = having
    if (source !== -1 && sources[source]!.own.get(name)![0]!.name.value !== nodes[0]!.name.value) unwoven()
    const last = groups.at(-1)
    if (last?.source === source && source !== -1) last.names.push(name)
    else groups.push({ source, names: [name] })
  }
  return groups
}

/** The names of a part in runs that are one text: next to each other, and plain. */
function runsOf(part: readonly string[], names: readonly string[], isPlain: (name: string) => boolean) {
  const runs: { from: number; to: number; isPlain: boolean }[] = []
  for (const name of part) {
    const index = names.indexOf(name)
    const plain = isPlain(name)
    const last = runs.at(-1)
    if (plain && last?.isPlain && last.to === index - 1) last.to = index
    else runs.push({ from: index, to: index, isPlain: plain })
  }
  return runs
}
