import {
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import type { Traits } from './traits.ts'

/**
 * Answers for every field of a graph, computed from what the field belongs to: whoever is asked for it, a
 * subgraph or one schema of all, says the same. Entities are numbered; a key tells the number.
 */
export type Thing = { type: string; seed: string; number?: number; representation?: Fields }
type Fields = Record<string, unknown>

const things = 7
const oddTexts = ['', '__proto__', 'constructor', '0', 'a "quoted" \\ line\n', 'ünïcödé 🙂']

/** FNV-1a, of 32 bits. */
export function hash(text: string): number {
  let sum = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193) >>> 0
  return (sum ^ (sum >>> 15)) >>> 0
}

export type Fake = {
  fieldResolver: GraphQLFieldResolver<unknown, unknown>
  typeResolver: GraphQLTypeResolver<unknown, unknown>
  entity(representation: Fields): Thing
}

/** The answers of one schema: that of a subgraph, or that of the whole graph. */
export function fakeOf(schema: GraphQLSchema, traits: Traits): Fake {
  const { keyFields, family, required, reliable } = traits

  const thing = (typename: string, seed: string): Thing => {
    const name = family(typename)
    if (!traits.isEntity(name)) {
      const type = concrete(typename, hash(seed))
      return type === typename ? { type, seed } : thing(type, seed)
    }
    let number = hash(seed) % things
    // A thing of a family has the type that its number says.
    const index = traits.members(name).indexOf(typename)
    if (index >= 0) number = number - (number % traits.members(name).length) + index
    return numbered(typename, number)
  }
  const numbered = (typename: string, number: number): Thing => {
    const name = family(typename)
    const members = traits.members(name)
    const type = members[number % Math.max(members.length, 1)] ?? typename
    return { type: schema.getType(type) ? type : name, seed: `${name}:${number}`, number }
  }
  const concrete = (typename: string, draw: number): string => {
    const type = schema.getType(typename)
    if (!isAbstractType(type)) return typename
    const names = schema.getPossibleTypes(type).map(({ name }) => name)
    return names.toSorted()[draw % names.length]!
  }

  const value = (type: GraphQLOutputType, seed: string, steady: boolean): unknown => {
    const draw = hash(seed)
    if (isNonNullType(type)) return value(type.ofType, seed, true)
    if (!steady && draw % 9 === 0) return null
    if (isListType(type)) {
      const inner = type.ofType
      return Array.from({ length: draw % 4 }, (_, index) => value(inner, `${seed}/${index}`, false))
    }
    if (isEnumType(type)) return type.getValues()[draw % type.getValues().length]!.name
    if (isScalarType(type)) return scalar(type.name, draw)
    return thing(type.name, seed)
  }

  const field = (owner: Thing, type: string, name: string, args: Fields): unknown => {
    const definition = (schema.getType(type) as { getFields?(): Fields })?.getFields?.()[name] as
      | { type: GraphQLOutputType }
      | undefined
    if (!definition) throw new Error(`${type}.${name} is not here`)
    if (owner.number !== undefined && keyFields(type).has(name))
      return keyOf(definition.type, name, owner.number)
    const path = `${owner.seed}.${name}${Object.keys(args).length > 0 ? sorted(args) : ''}`
    const selection = required(type, name)
    if (selection) {
      const told = owner.representation
        ? picked(owner.representation, selection)
        : computed(owner, type, selection)
      return value(definition.type, `${path}<${JSON.stringify(told)}`, false)
    }
    const isReliable = reliable(`${family(type)}.${name}`)
    if (!isReliable && hash(`${path}!`) % 23 === 0) throw new Error(`${path} fails`)
    return value(definition.type, path, false)
  }

  const keyOf = (type: GraphQLOutputType, name: string, number: number): unknown => {
    if (isNonNullType(type)) return keyOf(type.ofType, name, number)
    if (isScalarType(type)) return type.name === 'Int' ? number : `${name}-${number}`
    if (isListType(type)) return [keyOf(type.ofType, name, number)]
    return traits.isEntity(family(type.name))
      ? numbered(type.name, number)
      : { type: type.name, seed: `${type.name}:${number}`, number }
  }

  /** What a selection has of a thing that is all here, and of a representation: the same, if all arrived. */
  const computed = (owner: Thing, type: string, { selections }: SelectionSetNode): Fields =>
    Object.assign(
      {},
      ...selections.map((selection): Fields => {
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          const condition = selection.typeCondition!.name.value
          return passes(owner.type, condition) ? computed(owner, owner.type, selection.selectionSet) : {}
        }
        if (selection.kind !== Kind.FIELD) return {}
        const { value: name } = selection.name
        if (name === '__typename') return {}
        const args = Object.fromEntries(
          (selection.arguments ?? []).map((of) => [
            of.name.value,
            'value' in of.value ? of.value.value : null,
          ]),
        )
        const inner = (of: unknown): unknown => {
          if (Array.isArray(of)) return of.map(inner)
          return selection.selectionSet && of
            ? computed(of as Thing, (of as Thing).type, selection.selectionSet)
            : of
        }
        return { [name]: inner(field(owner, type, name, args)) }
      }),
    )
  const picked = (from: Fields, { selections }: SelectionSetNode): Fields =>
    Object.assign(
      {},
      ...selections.map((selection): Fields => {
        if (selection.kind === Kind.INLINE_FRAGMENT)
          return passes(String(from.__typename), selection.typeCondition!.name.value)
            ? picked(from, selection.selectionSet)
            : {}
        if (selection.kind !== Kind.FIELD || selection.name.value === '__typename') return {}
        const inner = (of: unknown): unknown => {
          if (Array.isArray(of)) return of.map(inner)
          return selection.selectionSet && of ? picked(of as Fields, selection.selectionSet) : of
        }
        return { [selection.name.value]: inner(from[selection.name.value]) }
      }),
    )
  const passes = (typename: string, condition: string) => {
    const [type, of] = [schema.getType(typename), schema.getType(condition)]
    return typename === condition || (isObjectType(type) && isAbstractType(of) && schema.isSubType(of, type))
  }

  return {
    fieldResolver: (source, args, _context, info) =>
      field(
        (source as Thing | undefined) ?? { type: info.parentType.name, seed: '' },
        info.parentType.name,
        info.fieldName,
        args,
      ),
    typeResolver: (of) => (of as Thing).type,
    entity(representation) {
      const type = String(representation.__typename)
      const number = numberIn(representation, keyFields(type))
      if (number === undefined) throw new Error(`no key in ${JSON.stringify(representation)}`)
      return { ...numbered(type, number), representation }
    },
  }
}

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_key, of: unknown) =>
    typeof of === 'object' && of !== null && !Array.isArray(of)
      ? Object.fromEntries(Object.entries(of).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : of,
  )

function scalar(type: string, draw: number): unknown {
  switch (type) {
    case 'Int':
      return draw % 5 === 0 ? 0 : (draw % 2_001) - 1_000
    case 'Float':
      return draw % 3 === 0 ? draw % 100 : (draw % 1_000) / 8
    case 'Boolean':
      return draw % 2 === 0
    case 'String':
    case 'ID':
      return draw % 4 === 0 ? oddTexts[draw % oddTexts.length] : `text-${draw % 1_000}`
    default:
      return draw % 2 === 0 ? `2026-01-${(draw % 28) + 1}` : { any: [draw % 10, null], __typename: 'Nothing' }
  }
}

function numberIn(value: unknown, names?: ReadonlySet<string>): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return Number(/-(\d+)$/.exec(value)?.[1] ?? Number.NaN)
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, inner] of Object.entries(value)) {
    if (name === '__typename' || (names && !names.has(name))) continue
    const number = numberIn(inner)
    if (number !== undefined && !Number.isNaN(number)) return number
  }
  return undefined
}
