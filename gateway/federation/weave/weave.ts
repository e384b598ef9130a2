import type { QueryPlan } from '@apollo/query-planner'
import type { GraphQLObjectType, SelectionSetNode } from 'graphql'
import type { Surroundings } from '../execute/fetch.ts'
import type { Run } from '../execute/run.ts'
import { callsOf, type Order, Unwoven, unwoven, type WovenCall } from './calls.ts'
import { createWeaver } from './compile.ts'
import { type Piece, type Use, visit, written } from './pieces.ts'
import { createPlaces, type Selecting } from './places.ts'
import { type Found, lengthOf, listing, type Read, reading } from './row.ts'

/** Answers with JSON's text, or with null where the subgraphs' texts are not just what was expected. */
export type Weave = (run: Run) => Promise<string | null>

/** A pattern as long takes a millisecond to compile, and much memory. */
const longest = 20_000

/**
 * Compiles how an operation is answered without reading what subgraphs answer as values: their texts are checked by
 * patterns, cut, and put together. Null where an operation is not plain enough for that.
 */
export function weaveOf(
  plan: QueryPlan,
  root: GraphQLObjectType,
  selectionSet: SelectionSetNode,
  client: Selecting,
  surroundings: Surroundings,
): Weave | null {
  try {
    const { calls, order } = callsOf(plan, surroundings)
    const places = createPlaces(client, calls)
    const weaver = createWeaver(places, calls, surroundings.identify)
    const pieces = weaver(root, places.wantedIn(root, [selectionSet]))
    if (calls.reduce((sum, { row }) => sum + lengthOf(row), 0) > longest) return null
    return weaving(calls, order, pieces)
  } catch (error) {
    if (error instanceof Unwoven) return null
    throw error
  }
}

function weaving(calls: readonly WovenCall[], order: Order, pieces: readonly Piece[]): Weave {
  const ask = asking(order, calls)
  const parts = calls.map(({ parts: of }) => of.map((part) => (isFound(part) ? null : part)))
  return async (run) => {
    if (calls.some(({ subgraph }) => !run.sources[subgraph]?.texts)) return null
    const use: Use = {
      rows: calls.map(() => []),
      places: calls.map(() => []),
      next: calls.map(() => 0),
      now: calls.map(() => 0),
      texts: calls.map(() => []),
    }
    if (!(await ask(run, use))) return null
    // Who is asked later is part of what was asked before.
    for (let call = calls.length - 1; call >= 0; call--)
      for (const [part, of] of parts[call]!.entries())
        if (of) use.texts[call]![part] = use.rows[call]!.map((found) => written(of, found, use))
    return written(pieces, [], use)
  }
}

const isFound = ([first, ...rest]: readonly Piece[]) => rest.length === 0 && typeof first === 'number'

/** Asks, and finds what is to be found; false where something else was answered. */
type Asking = (run: Run, use: Use) => Promise<boolean>

function asking(order: Order, calls: readonly WovenCall[]): Asking {
  if (order.kind === 'call') return order.call.place === null ? rootOf(order.call) : entitiesOf(order.call)
  const each = order.of.map((of) => asking(of, calls))
  if (order.kind === 'atOnce')
    return async (run, use) => (await Promise.all(each.map((of) => of(run, use)))).every(Boolean)
  return async (run, use) => {
    for (const of of each) if (!(await of(run, use))) return false
    return true
  }
}

/** Reads all of a text, or nothing: also of one that is too long for a pattern, which throws RangeError then. */
const whole =
  <Value>(read: Read<Value>, before = '', after = '') =>
  (text: string): Value | undefined => {
    if (!text.startsWith(before)) return undefined
    const cursor = { text, at: before.length }
    try {
      const found = read(cursor)
      return text.length === cursor.at + after.length && text.endsWith(after) ? found : undefined
    } catch (error) {
      if (error instanceof RangeError) return undefined
      throw error
    }
  }

function rootOf({ number, request, row }: WovenCall): Asking {
  const read = whole(reading(row))
  return async (run, { rows }) => {
    const { found } = await request(run, undefined, read)
    if (found) rows[number]!.push(found as Found)
    return Boolean(found)
  }
}

function entitiesOf({ number, subgraph, request, row, from, represents }: WovenCall): Asking {
  const read = whole(listing(reading(row)), '{"data":{"_entities":', '}}')
  const { call, way, before } = from ?? unwoven()
  return async (run, use) => {
    const known = new Map<string, number>()
    const places: number[] = []
    const look = (found: Found) => {
      for (const other of before) use.now[other] = use.places[other]![places.length]!
      const representation = written(represents, found, use)
      const place = known.get(representation) ?? known.size
      if (place === known.size) known.set(representation, place)
      places.push(place)
    }
    for (const found of use.rows[call]!) visit(found, way, look)
    use.places[number] = places
    if (known.size === 0) return true
    if (known.size > run.sources[subgraph]!.texts!.entities) return false
    const { found } = await request(run, { written: [...known.keys()] }, read)
    if ((found as Found[] | undefined)?.length !== known.size) return false
    use.rows[number] = found as Found[]
    return true
  }
}
