/** The whole table, and how its rows are asked. */
import { readFileSync } from 'node:fs'
import { buildSchema, type GraphQLObjectType, getNamedType } from 'graphql'
import { root } from '#kit/register.ts'
import { alerts } from './expected/alerts.ts'
import { assets } from './expected/assets.ts'
import { compliance } from './expected/compliance.ts'
import { identity } from './expected/identity.ts'
import { integrations } from './expected/integrations.ts'
import { vulns } from './expected/vulns.ts'
import { selectionOf } from './select.ts'
import type { Expected, Row, Type } from './words.ts'

export const bySubgraph: Record<string, Expected> = {
  identity,
  assets,
  alerts,
  vulns,
  compliance,
  integrations,
}
const all = Object.values(bySubgraph)

export const kinds = ['query', 'mutation', 'subscription'] as const
export type Kind = (typeof kinds)[number]

const rowsOf = (kind: Kind): Record<string, Row> => Object.assign({}, ...all.map((each) => each[kind]))
export const expected = {
  query: rowsOf('query'),
  mutation: rowsOf('mutation'),
  subscription: rowsOf('subscription'),
}
export const types: Record<string, Type> = Object.assign({}, ...all.map((each) => each.types))
/** What some fields take beside their type. */
export const fields: Record<string, Exclude<Type, 'part'>> = Object.assign(
  {},
  ...all.map((each) => each.fields),
)
export const peers = all.flatMap((each) => each.peers ?? [])

export const schema = buildSchema(readFileSync(`${root}schema/api.graphql`, 'utf8'))
export const rootTypes = {
  query: schema.getQueryType()!,
  mutation: schema.getMutationType()!,
  subscription: schema.getSubscriptionType()!,
}

/** The fields of types that some question has asked for. */
export const asked = new Set<string>()
export const ask = (name: string) => void asked.add(name)

/** A root field with its arguments, and all that belongs to what it gives. */
export function questionOf(kind: Kind, name: string): string {
  const { ask: args = '' } = expected[kind][name]!
  const to = getNamedType(rootTypes[kind].getFields()[name]!.type) as GraphQLObjectType
  const selection = 'getFields' in to ? ` { ${selectionOf(to, { types, fields, ask })} }` : ''
  return `${name}${args}${selection}`
}
