/**
 * No rule, no schema: what states none is refused when the schema is built, by its name. A root field states its rule
 * in `authScopes`; an object type states in `needs` what reading it takes, wherever it hangs.
 */
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql'
import type { Context } from './context.ts'
import { type Demand, demandOf } from './demand.ts'
import { allowed, type Permission, signedIn, type Viewer } from './viewer.ts'

/**
 * What reading a type takes: a permission, or to be signed in. `inherited`: nothing of its own, for it is a part of
 * what gave it; the entities in it ask for theirs all the same.
 */
export type Needs = Permission | 'signedIn' | 'inherited'

declare global {
  export namespace PothosSchemaTypes {
    interface ObjectTypeOptions<Types, Shape> {
      /** What reading it takes, wherever it hangs. */
      needs: Needs
    }
    interface FieldOptions<Types, ParentShape, Type, Nullable, Args, ResolveShape, ResolveReturnShape> {
      /** What reading what it gives takes, where that is not what its type says; say why beside it. */
      needs?: Needs
    }
  }
}

type Field = GraphQLField<unknown, Context<unknown>>
type Options = { authScopes?: unknown; needs?: Needs; inaccessible?: boolean }
type Given = { extensions: Readonly<Record<string, unknown>> }
type Reference = (key: unknown, context: Context<unknown>, info: unknown) => unknown
type Apollo = { subgraph?: { resolveReference?: Reference } }

const optionsOf = ({ extensions }: Given) => (extensions.pothosOptions ?? {}) as Options
const kindOf = ({ extensions }: Given) => (extensions.pothosConfig as { kind?: string } | undefined)?.kind
const resourceOf = (permission: string) => permission.split(':')[0]!
const isOurs = ({ name }: GraphQLNamedType) => !name.startsWith('_')

/** Refuses who may not read it. Throws UNAUTHENTICATED or FORBIDDEN. */
function hold(viewer: Viewer, needs: Needs): void {
  if (needs === 'signedIn') signedIn(viewer)
  else if (needs !== 'inherited') allowed(viewer, needs)
}

/** The rules of all root fields, by names such as `Query.alert`. Throws where one has none. */
export function demandsOf(schema: GraphQLSchema): Map<string, Demand> {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const fields = roots.flatMap((root) =>
    Object.values(root?.getFields() ?? {}).map((field) => ({ root, field })),
  )
  return new Map(
    fields
      .filter(({ field }) => !field.name.startsWith('_'))
      .map(({ root, field }) => {
        const name = `${root!.name}.${field.name}`
        const { authScopes, inaccessible = false } = optionsOf(field)
        const demand = demandOf(authScopes, name)
        if (inaccessible !== demand.peers.length > 0)
          throw new Error(`${name} must be inaccessible and for a peer, or neither`)
        return [name, demand]
      }),
  )
}

/** Checks that nothing lacks a rule, and guards every field that gives what has one. Throws with the name of what lacks. */
export function guard(schema: GraphQLSchema): GraphQLSchema {
  const demands = demandsOf(schema)
  const roots = new Set<GraphQLObjectType | null | undefined>([
    schema.getQueryType(),
    schema.getMutationType(),
    schema.getSubscriptionType(),
  ])
  const objects = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && isOurs(type))
  const types = (objects as GraphQLObjectType[]).filter((type) => !roots.has(type))
  const needs = new Map(types.map((type) => [type, needsOf(type)]))
  const edges = [...roots, ...types].flatMap((of) =>
    Object.values(of?.getFields() ?? {}).flatMap((field: Field) => {
      if (field.name.startsWith('_')) return []
      const named = getNamedType(field.type)
      const gives = isAbstractType(named) ? schema.getPossibleTypes(named) : [named].filter(isObjectType)
      return gives.map((to) => ({
        of: of!,
        field,
        to,
        states: statesOf(field, demands.get(`${of!.name}.${field.name}`)),
      }))
    }),
  )
  const granted = grantedBy(edges, needs)
  for (const { of, field, to, states } of edges) {
    const asked = optionsOf(field).needs ?? needs.get(to)!
    const covered = states.has(resourceOf(asked)) || granted(of).has(resourceOf(asked))
    if (asked !== 'inherited' && !covered) guardField(field, asked)
  }
  for (const type of types) guardEntity(type, needs.get(type)!)
  return schema
}

function needsOf(type: GraphQLObjectType): Needs {
  const { needs } = optionsOf(type)
  if (needs) return needs
  throw new Error(`${type.name} does not say what reading it needs`)
}

const statesOf = (field: Field, root: Demand | undefined): Set<string> => {
  const { authScopes } = optionsOf(field)
  const demand = root ?? (authScopes === undefined ? null : demandOf(authScopes, field.name))
  return new Set(demand?.permissions.map(resourceOf))
}

type Edge = { of: GraphQLObjectType; field: Field; to: GraphQLObjectType; states: Set<string> }

/**
 * The resources of which something was allowed to whoever holds a value of a type, whichever way it came: who may
 * change an alert is shown the alert that they changed.
 */
function grantedBy(edges: readonly Edge[], needs: ReadonlyMap<GraphQLObjectType, Needs>) {
  const known = new Map<GraphQLObjectType, Set<string>>()
  const granted = (type: GraphQLObjectType): Set<string> => {
    const before = known.get(type)
    if (before) return before
    const own = needs.get(type)
    // Of a type within itself nothing is known yet, and nothing is granted.
    known.set(type, new Set())
    const found =
      own === 'inherited' ? shared(edges.filter(({ to }) => to === type)) : new Set([resourceOf(own ?? '')])
    known.set(type, found)
    return found
  }
  const shared = (givers: readonly Edge[]): Set<string> => {
    const [first, ...others] = givers.map(({ of, states }) => states.union(granted(of)))
    return others.reduce((all, each) => all.intersection(each), first ?? new Set())
  }
  return granted
}

function guardField(field: Field, needs: Needs): void {
  const resolve: GraphQLFieldResolver<unknown, Context<unknown>> = field.resolve ?? defaultFieldResolver
  field.resolve = (source, args, context, info) => {
    hold(context.viewer, needs)
    return resolve(source, args, context, info)
  }
}

/** What `_entities` gives has crossed no field: its type guards it, or each field of it where it lives elsewhere. */
function guardEntity(type: GraphQLObjectType, needs: Needs): void {
  const { subgraph } = (type.extensions.apollo ?? {}) as Apollo
  const resolve = subgraph?.resolveReference
  if (resolve) {
    if (needs === 'inherited') throw new Error(`${type.name} is an entity and must say what reading it needs`)
    // A promise of its own for each: one that throws takes the others of a list with it.
    const resolveReference: Reference = async (key, context, info) => {
      hold(context.viewer, needs)
      return resolve(key, context, info)
    }
    type.extensions = { ...type.extensions, apollo: { subgraph: { ...subgraph, resolveReference } } }
    return
  }
  const directives = (type.extensions.directives ?? []) as readonly { name: string }[]
  if (!directives.some(({ name }) => name === 'extends')) return
  for (const field of Object.values(type.getFields()))
    if (kindOf(field) !== 'ExternalEntity')
      demandOf(optionsOf(field).authScopes, `${type.name}.${field.name}`)
}
