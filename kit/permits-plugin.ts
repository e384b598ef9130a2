/** Fails a field with `permissionOn` that has not asked `permits`, once it is done: no test of it passes then. */
import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import { askedFor } from './permits.ts'
import type { Permission } from './viewer.ts'

export const permitsPlugin = 'nexusPermits'

declare global {
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      nexusPermits: PermitsPlugin<Types>
    }
  }
}

/** The permissions that a rule asks for per object, however deep in `$all` and `$any`. */
export function permissionsOn(rule: unknown): Permission[] {
  if (typeof rule !== 'object' || rule === null) return []
  return Object.entries(rule).flatMap(([name, value]) =>
    name === 'permissionOn' ? [value as Permission] : permissionsOn(value),
  )
}

class PermitsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    { name, parentType, pothosOptions }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    const wanted = permissionsOn((pothosOptions as { authScopes?: unknown }).authScopes)
    if (wanted.length === 0) return resolve
    return async (...asked) => {
      const store = new Set<Permission>()
      const answer = await askedFor.run(store, async () => resolve(...asked))
      const forgotten = wanted.find((permission) => !store.has(permission))
      if (forgotten) throw new Error(`${parentType}.${name} has not asked permits for ${forgotten}`)
      return answer
    }
  }
}

SchemaBuilder.registerPlugin(permitsPlugin, PermitsPlugin)
