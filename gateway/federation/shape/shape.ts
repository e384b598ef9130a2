import {
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql'
import type { Withheld } from '../authorize/filter.ts'
import type { Fragments } from '../compile/branches.ts'
import type { Decisions } from '../compile/decisions.ts'
import { type Fields, get, isInherited } from '../compile/own.ts'
import type { Types } from '../compile/types.ts'
import { collect } from './collect.ts'
import { type Complete, fieldsOnly, leaf, list, nonNull, type Use, withheld, wrong } from './complete.ts'
import { leafOf } from './leaf.ts'
import { makerOf, type Part, sightOf } from './maker.ts'

/** What shapes are compiled with. */
export type Shaping = {
  schema: GraphQLSchema
  types: Types
  fragments: Fragments
  decisions: Decisions
  /** What the caller may not see. */
  withheld: Withheld
  toClient(name: string): string
}
export type Shape = (data: Fields, use: Use) => Fields | null
type Field = Part & {
  label: string
  complete: Complete
  /** Whether a subgraph has to answer it. */
  asked: boolean
}

/** Compiles what an operation answers with: every field, in its order and of its type, and nothing else. */
export function shapeOf(root: GraphQLObjectType, selectionSet: SelectionSetNode, shaping: Shaping): Shape {
  const shape = objects(shaping)(root, [selectionSet])
  return (data, use) => shape(data, 0, use) as Fields | null
}

type Sets = readonly SelectionSetNode[]

function objects({ schema, types, fragments, decisions, withheld: hidden, toClient }: Shaping) {
  // Where types are many, their selections meet the same fields again and again: each is compiled once.
  const known = new Map<string, Complete>()
  const numbers = new Map<SelectionSetNode, number>()
  const numberOf = (set: SelectionSetNode) => {
    const number = numbers.get(set) ?? numbers.size
    numbers.set(set, number)
    return number
  }

  const object = (type: GraphQLCompositeType, sets: Sets): Complete => {
    const key = `${type.name} ${sets.map(numberOf)}`
    const before = known.get(key)
    if (before) return before
    // At its first use: not every type that may come does.
    let compiled: Complete | undefined
    const shape: Complete = (value, depth, use) => {
      compiled ??= objectOf(type, sets)
      return compiled(value, depth, use)
    }
    known.set(key, shape)
    return shape
  }

  const objectOf = (type: GraphQLCompositeType, sets: Sets): Complete => {
    const groups = collect(type.name, sets, { fragments, types, decisions })
    const fields = [...groups].map(([key, group]) => fieldOf(type, key, group))
    return makerOf(fields, (part, answered, depth, use) => {
      const { from, isPlain, to, label, complete, asked } = fields[part]!
      const given = isPlain ? answered[from] : get(answered, from)
      use.path[depth] = to
      if (given === undefined && asked && !use.lost.has(answered))
        use.told.explainMissing(use.path.slice(0, depth + 1), `Nobody answered ${label}`)
      return complete(given ?? null, depth + 1, use)
    })
  }

  const fieldOf = (type: GraphQLCompositeType, from: string, group: readonly FieldNode[]): Field => {
    const { value: name } = group[0]!.name
    const label = `${type.name}.${name}`
    const named = { from, isPlain: !isInherited(from), to: toClient(from), label, sight: null }
    if (name === '__typename') return { ...named, asked: false, complete: typenameOf(type, label) }
    if (name === '__schema' || name === '__type')
      return { ...named, asked: false, complete: (_value, _depth, use) => use.introspect(named.to) }
    const field = 'getFields' in type ? type.getFields()[name] : undefined
    if (!field) throw new Error(`There is no field ${label}`)
    if (group.every((node) => hidden.has(node))) {
      const places = group.flatMap((node) => hidden.get(node)!)
      return { ...named, asked: false, complete: withheld(places, !isNonNullType(field.type)) }
    }
    const sets = group.flatMap(({ selectionSet }) => selectionSet ?? [])
    const bare = getNullableType(field.type)
    const sight = isLeafType(bare) ? sightOf(bare) : null
    return { ...named, sight, asked: true, complete: completed(field.type, sets, label) }
  }

  const typenameOf = (type: GraphQLCompositeType, label: string): Complete =>
    isObjectType(type) ? () => type.name : nonNull(() => null, label)

  const completed = (type: GraphQLOutputType, sets: Sets, label: string): Complete => {
    if (isNonNullType(type)) return nonNull(completed(type.ofType, sets, label), label)
    if (isListType(type)) return list(completed(type.ofType, sets, label), label)
    if (isLeafType(type)) return leaf(leafOf(type), label)
    return fieldsOnly(isObjectType(type) ? object(type, sets) : abstract(type, sets, label), label)
  }

  const abstract = (type: GraphQLAbstractType, sets: Sets, label: string): Complete => {
    const shapes = new Map<unknown, Complete>()
    for (const possible of schema.getPossibleTypes(type)) shapes.set(possible.name, object(possible, sets))
    // Of an object whose subgraph knows the interface only, what the interface has.
    const common = object(type, sets)
    shapes.set(type.name, common).set(undefined, common)
    // Clients are not to know of those: they are as good as not there.
    const isHidden = (name: unknown) =>
      typeof name === 'string' &&
      types.isConcrete(name) &&
      types.passing(type.name).has(name) &&
      !schema.getType(name)
    return (value, depth, use) => {
      const name = get(value as Fields, '__typename')
      const shape = shapes.get(name)
      if (shape) return shape(value, depth, use)
      return isHidden(name) ? null : wrong(use, depth, `No object of its type at ${label}`)
    }
  }
  return object
}
