/** Selections that the schema itself gives: every field of a type is asked. */
import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import type { Type } from './words.ts'

/** What is expected of types and fields, and who hears which fields are asked. */
export type Rules = {
  types: Readonly<Record<string, Type>>
  fields: Readonly<Record<string, Type>>
  ask(name: string): void
}

const fieldsOf = (type: GraphQLObjectType) =>
  Object.values(type.getFields()).filter((field) => !field.args.some(isRequiredArgument))
const target = (field: GraphQLField<unknown, unknown>) => getNamedType(field.type)
const head = ({ name, args }: GraphQLField<unknown, unknown>) =>
  args.some((arg) => arg.name === 'first') ? `${name}(first: 1)` : name

/** All that belongs to a type itself: its scalars, and its parts with theirs. A part has the entities that it is about. */
export function selectionOf(type: GraphQLObjectType, rules: Rules): string {
  const isPart = rules.types[type.name] === 'part'
  const own = fieldsOf(type).flatMap((field) => {
    const to = target(field)
    const name = `${type.name}.${field.name}`
    if (rules.fields[name] || (!isPart && leadsOn(field, rules))) return []
    rules.ask(name)
    return isObjectType(to) ? `${head(field)} { ${selectionOf(to, rules)} }` : field.name
  })
  return own.join(' ') || '__typename'
}

/** The entity at the end of a field that gives one, or a list of them. */
function entityOf(type: GraphQLObjectType, rules: Rules): GraphQLObjectType | null {
  if (rules.types[type.name] !== 'part') return type
  const next = fieldsOf(type).find(({ name }) => name === 'edges' || name === 'node')
  const to = next && target(next)
  return isObjectType(to) ? entityOf(to, rules) : null
}

/** The entity that a field leads to from another one, if it does. */
const leadsOn = (field: GraphQLField<unknown, unknown>, rules: Rules): GraphQLObjectType | null => {
  const to = target(field)
  return isObjectType(to) ? entityOf(to, rules) : null
}

/** A way from one entity to another: its name, how it is asked, and the types that are crossed. */
export type Way = { name: string; root: string; text: string; crosses: readonly string[] }

/** A way over every field that leads from an entity to another, from the nearest root field. */
export function waysOf(schema: GraphQLSchema, rules: Rules, argumentsOf: (root: string) => string): Way[] {
  const found = new Map<string, { root: string; wrap: (inner: string) => string; crosses: string[] }>()
  const query = schema.getQueryType()!
  const queue: GraphQLObjectType[] = []
  const reach = (field: GraphQLField<unknown, unknown>, from?: GraphQLObjectType) => {
    const to = target(field)
    const entity = isObjectType(to) ? entityOf(to, rules) : null
    if (!entity || found.has(entity.name) || !isObjectType(to)) return
    const before = from && found.get(from.name)!
    const through = (inner: string) =>
      `${from ? head(field) : `${field.name}${argumentsOf(field.name)}`} { ${wrapped(to, inner)} }`
    found.set(entity.name, {
      root: before?.root ?? field.name,
      wrap: (inner) => (before ? before.wrap(through(inner)) : through(inner)),
      crosses: [...(before?.crosses ?? []), entity.name],
    })
    queue.push(entity)
  }
  const wrapped = (type: GraphQLObjectType, inner: string): string => {
    if (rules.types[type.name] !== 'part') return inner
    const next = fieldsOf(type).find(({ name }) => name === 'edges' || name === 'node')!
    return `${next.name} { ${wrapped(target(next) as GraphQLObjectType, inner)} }`
  }
  // A single one before a list of them: it is the thing that was made for this.
  const roots = Object.values(query.getFields())
  for (const field of [...roots.filter(({ args }) => args.some(({ name }) => name === 'id')), ...roots])
    reach(field)
  for (let at = 0; at < queue.length; at++) for (const field of fieldsOf(queue[at]!)) reach(field, queue[at])
  return queue.flatMap((type) =>
    fieldsOf(type).flatMap((field) => {
      const name = `${type.name}.${field.name}`
      const to = target(field)
      const crossing = rules.fields[name] ? name : leadsOn(field, rules)?.name
      if (!crossing) return []
      const { root, wrap, crosses } = found.get(type.name)!
      rules.ask(name)
      const text = wrap(isObjectType(to) ? `${head(field)} { ${selectionOf(to, rules)} }` : field.name)
      return [{ name, root, text, crosses: [...crosses, crossing] }]
    }),
  )
}
