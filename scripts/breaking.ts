/** What would break a client of the last released API schema. */
import { execFileSync } from 'node:child_process'
import {
  BreakingChangeType as Break,
  buildSchema,
  findBreakingChanges,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql'
import { root } from '#kit/register.ts'

const removals: string[] = [Break.FIELD_REMOVED, Break.VALUE_REMOVED_FROM_ENUM, Break.ARG_REMOVED]

/** Whether `Type.member`, or `Type.field.argument`, was deprecated before it went. */
function wasDeprecated(schema: GraphQLSchema, path: string): boolean {
  const [typeName = '', member = '', argument] = path.split('.')
  const type = schema.getType(typeName)
  if (isEnumType(type)) return type.getValue(member)?.deprecationReason != null
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return false
  const field = type.getFields()[member]
  if (!argument) return field?.deprecationReason != null
  const args = field && 'args' in field ? field.args : []
  return args.find(({ name }) => name === argument)?.deprecationReason != null
}

/** The coordinates that a description of graphql-js begins with or quotes: `Asset.name`, `VALUE … enum type E`. */
function pathOf(description: string): string {
  const value = description.match(/^(\w+) was removed from enum type (\w+)/)
  if (value) return `${value[2]}.${value[1]}`
  const argument = description.match(/^(\w+\.\w+) arg (\w+) was removed/)
  return argument ? `${argument[1]}.${argument[2]}` : (description.match(/^\w+\.\w+/)?.[0] ?? '')
}

/** Changes that break clients, but for what was deprecated in the schema before. */
export function breakingChanges(before: string, after: string): string[] {
  const released = buildSchema(before)
  return findBreakingChanges(released, buildSchema(after))
    .filter(
      ({ type, description }) => !removals.includes(type) || !wasDeprecated(released, pathOf(description)),
    )
    .map(({ description }) => description)
}

function git(...args: string[]): string | null {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return null
  }
}

/** The API schema of the last tag `v*`, or null where nothing was released, or there is no history. */
export function releasedSchema(): { tag: string; sdl: string } | null {
  const tag = git('describe', '--tags', '--abbrev=0', '--match', 'v*')?.trim()
  const sdl = tag && git('show', `${tag}:schema/api.graphql`)
  return tag && sdl ? { tag, sdl } : null
}
