import SchemaBuilder from '@pothos/core'
import DirectivePlugin from '@pothos/plugin-directives'
import FederationPlugin from '@pothos/plugin-federation'
import ScopeAuthPlugin, { type AuthFailure, AuthScopeFailureType } from '@pothos/plugin-scope-auth'
import { DateTimeISOResolver, JSONResolver } from 'graphql-scalars'
import type { Context } from './context.ts'
import { unauthenticated } from './errors.ts'
import { guard } from './guard.ts'
import { permitsPlugin } from './permits-plugin.ts'
import { allowed, lacking, may, mayOnSome, type Permission } from './viewer.ts'

export type BuilderTypes<Tables> = {
  Context: Context<Tables>
  DefaultFieldNullability: false
  AuthScopes: {
    signedIn: boolean
    permission: Permission
    permissionOn: Permission
    peer: string
    open: string
  }
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Date }
    JSON: { Input: unknown; Output: unknown }
  }
}

/** Who calls subgraphs and is none. */
const doors = ['gateway', 'door']
const linkUrl = 'https://specs.apollo.dev/federation/v2.9'

/**
 * The schema builder of every subgraph. Fields are non-null unless they say otherwise. Every root field says in
 * `authScopes` who may ask: `permission`, `signedIn`, `peer` for another subgraph alone (`*`: for any), or `open` and
 * why (with `skipTypeScopes`); every object type says in `needs` what reading it takes: else there is no schema.
 * `permissionOn` refuses only who has neither it nor grants: the resolver has to ask `context.permits` of the assets in
 * question before it writes; one that never does fails for everybody, after its work. A subscription is refused when
 * it begins, not at its events.
 */
export function createBuilder<Tables>() {
  const builder = new SchemaBuilder<BuilderTypes<Tables>>({
    plugins: [ScopeAuthPlugin, DirectivePlugin, FederationPlugin, permitsPlugin],
    defaultFieldNullability: false,
    scopeAuth: {
      authScopes: ({ viewer, service }) => ({
        signedIn: viewer.kind === 'member',
        permission: (permission) => may(viewer, permission),
        permissionOn: (permission) => mayOnSome(viewer, permission),
        peer: (name) => (name === '*' ? !doors.includes(service) : service === name),
        open: (why) => why !== '',
      }),
      authorizeOnSubscribe: true,
      unauthorizedError: (_parent, { viewer }, _info, { failure }) =>
        viewer.kind === 'member' ? lacking(missing(failure)) : unauthenticated(),
    },
  })
  builder.queryType({ authScopes: { signedIn: true } })
  builder.addScalarType('DateTime', DateTimeISOResolver)
  builder.addScalarType('JSON', JSONResolver)
  const build = builder.toSubGraphSchema.bind(builder)
  builder.toSubGraphSchema = (options) => guard(build(options))
  return builder
}

/** The permission that a rule asked for and did not find, if that was what it asked for. */
function missing(failure: AuthFailure): string | undefined {
  if ('failures' in failure) return failure.failures.map(missing).find((each) => each !== undefined)
  return failure.kind === AuthScopeFailureType.AuthScope && /^permission(On)?$/.test(failure.scope)
    ? String(failure.parameter)
    : undefined
}

/** The names of an enum in the graph, from its values in the database. */
export const screaming = <const Values extends readonly string[]>(values: Values) =>
  Object.fromEntries(values.map((value) => [value.toUpperCase(), { value }])) as {
    [Value in Values[number] as Uppercase<Value>]: { value: Value }
  }

/** Guards an entity that another subgraph's answer points to: references bypass the rules of root fields. */
export const reference =
  <Tables, Row>(
    permission: Permission,
    find: (context: Context<Tables>, id: string) => Promise<Row | null>,
  ) =>
  async (key: { id: string }, context: Context<Tables>): Promise<Row | null> => {
    allowed(context.viewer, permission)
    return find(context, key.id)
  }

export const subgraphOptions = { linkUrl }
