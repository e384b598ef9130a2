import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLError,
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'

/** How resolvers behave: by where they are asked, so that two runs of one operation meet the same. */
export type Mood = { seed: number; waits: boolean; fails: number }

/** A number below `most` for a place; the same each time. */
export function dice({ seed }: Mood, place: string, most: number): number {
  let hash = 2166136261 ^ seed
  for (let index = 0; index < place.length; index++)
    hash = Math.imul(hash ^ place.charCodeAt(index), 16777619)
  hash ^= hash >>> 15
  return Math.abs(Math.imul(hash, 2246822519) ^ (hash >>> 13)) % most
}

const placeOf = ({ path }: GraphQLResolveInfo): string => {
  const keys: unknown[] = []
  for (let at: typeof path | undefined = path; at; at = at.prev) keys.push(at.key)
  return keys.reverse().join('.')
}

const severity = new GraphQLEnumType({
  name: 'Severity',
  values: { HIGH: { value: 2 }, LOW: { value: 1 }, NONE: { value: null } },
})
const odd = new GraphQLScalarType({
  name: 'Odd',
  serialize: (value) => {
    if (value === 'nothing') return null
    if (value === 'broken') throw new TypeError('no Odd')
    return { of: value }
  },
})
const order = new GraphQLInputObjectType({
  name: 'Order',
  fields: {
    by: { type: GraphQLString, defaultValue: 'name' },
    of: { type: new GraphQLList(GraphQLInt) },
    severity: { type: severity },
  },
})
const args = {
  text: { type: GraphQLString, defaultValue: 'usual' },
  count: { type: GraphQLInt },
  order: { type: order },
  ids: { type: new GraphQLList(new GraphQLNonNull(GraphQLID)) },
}

/** A value for a type, in one of the forms that resolvers give, the wrong ones too. */
function given(type: GraphQLOutputType, place: string, mood: Mood, told: string): unknown {
  const bare = getNullableType(type)
  const chance = dice(mood, `${place}?`, 100)
  if (chance < mood.fails) return null
  if (chance < mood.fails * 2) return new GraphQLError(`error at ${place}`, { extensions: { code: 'SOME' } })
  if (isListType(bare)) {
    if (chance < mood.fails * 3) return 'no list'
    const elements = Array.from({ length: dice(mood, `${place}#`, 4) }, (_, index) =>
      later(
        given(bare.ofType, `${place}.${index}`, mood, told),
        `${place}.${index}`,
        mood,
        isNonNullType(bare.ofType),
      ),
    )
    return chance % 5 === 0 ? new Set(elements) : elements
  }
  if (isLeafType(bare)) {
    if (chance < mood.fails * 3) return [{ no: 'leaf' }]
    if (bare === GraphQLString) return told
    if (bare === GraphQLInt) return chance
    if (bare === GraphQLFloat) return chance % 8 === 0 ? chance / 0 : chance / 7
    if (bare === GraphQLBoolean) return chance % 2 === 0
    if (bare === GraphQLID) return chance % 2 ? chance : `id-${chance}`
    if (bare === severity) return chance % 3
    return ['nothing', 'broken', chance, 'x'][chance % 4]
  }
  const types = isAbstractType(bare) ? ['One', 'Two', 'Three', 'Nobody'] : [bare.name]
  const kind = types[chance < mood.fails * 3 ? 3 : dice(mood, `${place}:`, 3)] ?? bare.name
  const typename = chance % 2 === 0 && { __typename: kind }
  return {
    ...typename,
    kind,
    place,
    byName: `by ${place}`,
    method: (of: object) => `${place} ${JSON.stringify(of)}`,
  }
}

/**
 * Some promises, some of which fail; each at a time of its own.
 * @param always of elements that must be: where one of them fails at once, graphql-js leaves the others unhandled
 */
function later(value: unknown, place: string, mood: Mood, always = false): unknown {
  if (!mood.waits || (!always && dice(mood, `${place}!`, 3) > 0)) return value
  const steps = dice(mood, `${place}~`, 5)
  return (async () => {
    for (let step = 0; step < steps; step++) await null
    if (value instanceof Error) throw value
    return value
  })()
}

const resolve = (_of: unknown, of: object, mood: Mood, info: GraphQLResolveInfo): unknown => {
  const place = placeOf(info)
  const { fieldName, returnType, parentType, operation } = info
  const told = [
    ...[place, JSON.stringify(of), fieldName, String(returnType), parentType.name],
    ...[operation.name?.value, JSON.stringify(info.variableValues), Object.keys(info.fragments).join()],
    info.fieldNodes.length,
  ].join(' ')
  const chance = dice(mood, `${place}/`, 100)
  if (chance < mood.fails) throw new Error(`thrown at ${place}`)
  if (chance < mood.fails * 1.5) throw `a text at ${place}`
  return later(given(returnType, place, mood, told), place, mood)
}

type Of = { kind: string; place: string }
// Of an element of a list, they are told the place of the list.
const typeOf = (of: Of, mood: Mood, info: GraphQLResolveInfo): unknown =>
  later(dice(mood, placeOf(info), 9) > 0 ? of.kind : undefined, of.place, mood)

const leaves = {
  text: GraphQLString,
  int: GraphQLInt,
  float: GraphQLFloat,
  flag: GraphQLBoolean,
  id: GraphQLID,
  severity,
  odd,
}

function fields(): GraphQLFieldConfigMap<unknown, Mood> {
  const all: GraphQLFieldConfigMap<unknown, Mood> = {
    byName: { type: GraphQLString },
    method: { type: GraphQLString, args },
    missing: { type: new GraphQLList(GraphQLInt) },
  }
  const add = (name: string, type: GraphQLOutputType) => {
    all[name] = { type, args, resolve }
    all[`${name}Must`] = { type: new GraphQLNonNull(type), args, resolve }
    all[`${name}List`] = { type: new GraphQLList(type), resolve }
    all[`${name}Grid`] = {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLList(new GraphQLNonNull(type)))),
      resolve,
    }
  }
  for (const [name, type] of Object.entries(leaves)) add(name, type)
  for (const type of [named, some, ...objects]) add(type.name.toLowerCase(), type)
  return all
}
const named: GraphQLInterfaceType = new GraphQLInterfaceType({
  name: 'Named',
  fields: { byName: { type: GraphQLString } },
  resolveType: typeOf as never,
})
const object = (name: string, more: object = {}): GraphQLObjectType =>
  new GraphQLObjectType({ name, interfaces: name === 'Three' ? [] : [named], fields, ...more })
const objects = [
  object('One'),
  object('Two', { isTypeOf: (of: Of, mood: Mood) => later(dice(mood, of.place, 30) > 0, of.place, mood) }),
  object('Three', {
    isTypeOf: (of: Of, mood: Mood, info: GraphQLResolveInfo) => dice(mood, of.place + placeOf(info), 30) > 0,
  }),
]
// Without a resolver: by `__typename`, or by whoever says that it is one.
const some = new GraphQLUnionType({ name: 'Some', types: objects })

export const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields }),
  mutation: new GraphQLObjectType({ name: 'Mutation', fields }),
  types: objects,
})
export const isComposite = (type: GraphQLOutputType): boolean => {
  const bare = getNullableType(type)
  return isListType(bare) ? isComposite(bare.ofType) : isObjectType(bare) || isAbstractType(bare)
}
