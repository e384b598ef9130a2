import type { GeneratorValue } from 'fast-check'
import * as fc from 'fast-check'
import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'

export type Question = { query: string; variables: Record<string, unknown> }

/** Response names that are taken: what each stands for, and what is taken inside of it. */
type Scope = Map<string, { signature: string; scope: Scope }>
type Draw = { below(most: number): number; chance(percent: number): boolean; of<T>(from: readonly T[]): T }

const oddAliases = ['__proto__', 'constructor', 'toString', 'x', 'y', 'name__alias_0', 'own_id', '_entities']

/**
 * An operation on a schema, of everything that operations are made of. Not each is valid: types that exclude
 * each other may ask different things by one name, and GraphQL does not always allow it.
 * @param names aliases that are likely to be mistaken for something else
 */
export function question(
  g: GeneratorValue,
  schema: GraphQLSchema,
  names: readonly string[],
  size: number,
): Question {
  const draw: Draw = {
    below: (most) => (most <= 1 ? 0 : g(fc.nat, { max: most - 1 })),
    chance: (percent) => g(fc.nat, { max: 99 }) >= 100 - percent,
    of: (from) => from[draw.below(from.length)]!,
  }
  const definitions = new Map<string, string>()
  const variables: Record<string, unknown> = {}
  const fragments: string[] = []
  let left = size

  const variable = (type: GraphQLInputType, value: () => unknown): string => {
    const name = definitions.size === 0 && draw.chance(20) ? 'representations' : `v${definitions.size}`
    const hasDefault = !isNonNullType(type) && draw.chance(20) && !isInputObjectType(getNamedType(type))
    definitions.set(name, `$${name}: ${type}${hasDefault ? ` = ${literal(type)}` : ''}`)
    if (!hasDefault || draw.chance(50)) variables[name] = value()
    return `$${name}`
  }
  const flag = () => {
    if (draw.chance(40)) return String(draw.chance(50))
    const name = draw.of(['on', 'off'])
    definitions.set(name, `$${name}: Boolean!`)
    variables[name] ??= draw.chance(50)
    return `$${name}`
  }
  const directives = () => (draw.chance(12) ? ` @${draw.of(['skip', 'include'])}(if: ${flag()})` : '')

  const json = (type: GraphQLInputType, depth = 0): unknown => {
    if (isNonNullType(type)) return json(type.ofType, depth) ?? scalarOf(type.ofType)
    if (draw.chance(15)) return null
    if (isListType(type)) return Array.from({ length: draw.below(3) }, () => json(type.ofType, depth + 1))
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isNonNullType(field.type) || (depth < 2 && draw.chance(30)),
      )
      return Object.fromEntries(fields.map((field) => [field.name, json(field.type, depth + 1)]))
    }
    return scalarOf(type)
  }
  const scalarOf = (type: GraphQLInputType): unknown => {
    if (isListType(type)) return []
    if (isInputObjectType(type)) return json(type, 3)
    if (isEnumType(type)) return draw.of(type.getValues()).name
    const name = getNamedType(type).name
    if (name === 'Int') return draw.below(5)
    if (name === 'Float') return draw.below(9) / 2
    if (name === 'Boolean') return draw.chance(50)
    return draw.of(['a', 'b', '2026-01-01T00:00:00Z'])
  }
  const written = (value: unknown, type: GraphQLInputType): string => {
    if (isNonNullType(type)) return written(value, type.ofType)
    if (value === null || value === undefined) return 'null'
    if (isListType(type)) return `[${(value as unknown[]).map((of) => written(of, type.ofType)).join(' ')}]`
    if (isInputObjectType(type)) {
      const fields = type.getFields()
      return `{${Object.entries(value as object).map(([name, of]) => `${name}: ${written(of, fields[name]!.type)}`)}}`
    }
    return isEnumType(type) ? String(value) : JSON.stringify(value)
  }
  const literal = (type: GraphQLInputType) => {
    const value = json(isNonNullType(type) ? type.ofType : type)
    return written(value ?? scalarOf(isNonNullType(type) ? type.ofType : type), type)
  }
  const argument = ({ name, type, defaultValue }: GraphQLArgument): string => {
    const isOptional = !isNonNullType(type) || defaultValue !== undefined
    if (isOptional && draw.chance(60)) return ''
    return `${name}: ${draw.chance(35) ? variable(type, () => json(type)) : literal(type)}`
  }

  const fieldOn = (
    field: GraphQLField<unknown, unknown>,
    scope: Scope,
    depth: number,
    isRoot: boolean,
  ): string => {
    const args = field.args.map(argument).filter(Boolean).join(', ')
    const named = `${field.name}${args ? `(${args})` : ''}`
    let key = draw.chance(18) ? draw.of(draw.chance(50) ? names : oddAliases) : field.name
    if (isRoot && key.startsWith('_')) key = field.name
    while (scope.has(key) && scope.get(key)!.signature !== named) key = `${key}${draw.below(9)}`
    const taken = scope.get(key) ?? { signature: named, scope: new Map() }
    scope.set(key, taken)
    const type = getNamedType(field.type)
    const inner = isCompositeType(type) ? ` ${selection(type, taken.scope, depth + 1)}` : ''
    return `${key === field.name ? '' : `${key}: `}${named}${directives()}${inner}`
  }
  const fragment = (type: GraphQLCompositeType, scope: Scope, depth: number): string => {
    const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [type]
    const conditions: GraphQLCompositeType[] = [...possible, type]
    if (isObjectType(type) || isAbstractType(type))
      for (const of of possible) conditions.push(...of.getInterfaces())
    const on = draw.of(conditions)
    // Types that exclude each other may use one name for different things.
    const inner = isObjectType(on) && on !== type && draw.chance(60) ? new Map() : scope
    if (draw.chance(35)) {
      const name = `f${fragments.length}`
      fragments.push('')
      fragments[Number(name.slice(1))] = `fragment ${name} on ${on.name} ${selection(on, inner, depth + 1)}`
      return `...${name}${directives()}`
    }
    return `... ${on === type && draw.chance(30) ? '' : `on ${on.name}`}${directives()} ${selection(on, inner, depth + 1)}`
  }
  const selection = (type: GraphQLCompositeType, scope: Scope, depth: number, isRoot = false): string => {
    const fields: GraphQLField<unknown, unknown>[] =
      'getFields' in type ? Object.values((type as GraphQLObjectType).getFields()) : []
    const fit = fields.filter((field) => depth < 7 || !isCompositeType(getNamedType(field.type)))
    const parts: string[] = []
    for (let count = 1 + draw.below(isRoot ? 3 : 4); count > 0 && left > 0; count--) {
      left--
      if (fit.length > 0 && !(depth < 7 && draw.chance(isAbstractType(type) ? 55 : 8)))
        parts.push(fieldOn(draw.of(fit), scope, depth, isRoot))
      else if (depth < 7 && !isRoot) parts.push(fragment(type, scope, depth))
    }
    if (parts.length === 0 || draw.chance(10)) {
      const key = draw.chance(30) && !scope.has('kind') ? 'kind: ' : ''
      scope.set(key ? 'kind' : '__typename', { signature: '__typename', scope: new Map() })
      parts.push(`${key}__typename`)
    }
    return `{ ${parts.join(' ')} }`
  }

  const isMutation = Boolean(schema.getMutationType()) && draw.chance(15)
  const root = isMutation ? schema.getMutationType()! : schema.getQueryType()!
  const body = selection(root, new Map(), 0, true)
  const head = definitions.size > 0 ? `(${[...definitions.values()].join(', ')})` : ''
  const query = `${isMutation ? 'mutation' : 'query'} Q${head} ${body}\n${fragments.join('\n')}`
  return { query, variables }
}
