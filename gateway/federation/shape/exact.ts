import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql'
import type { Fragments } from '../compile/branches.ts'
import type { Decisions } from '../compile/decisions.ts'
import { isFields, isInherited } from '../compile/own.ts'
import type { Types } from '../compile/types.ts'
import { collect } from './collect.ts'
import { leafOf } from './leaf.ts'

/** Whether a subgraph's value is what the client asked for, to the last name: so that it can be passed on as it is. */
export type Exact = (value: unknown) => boolean
type Asked = { fragments: Fragments; decisions: Decisions; types: Types; toClient(name: string): string }

/** Compiles the comparison of an answer; null where no answer of a subgraph can be the client's. */
export function exactOf(
  root: GraphQLObjectType,
  selectionSet: SelectionSetNode,
  { toClient, ...asked }: Asked,
): Exact | null {
  const object = (type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Exact | null => {
    const names: string[] = []
    const checks: Exact[] = []
    for (const [name, group] of collect(type.name, sets, asked)) {
      const check = toClient(name) === name && !isInherited(name) ? fieldOf(type, group) : null
      if (!check) return null
      names.push(name)
      checks.push(check)
    }
    return objectOf(names, checks)
  }
  const fieldOf = (type: GraphQLObjectType, group: readonly FieldNode[]): Exact | null => {
    const { value: name } = group[0]!.name
    if (name === '__typename') return (value) => value === type.name
    const field = type.getFields()[name]
    const sets = group.flatMap(({ selectionSet }) => selectionSet ?? [])
    return field ? anyOf(field.type, sets) : null
  }
  const anyOf = (type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Exact | null => {
    if (isNonNullType(type)) return presentOf(type.ofType, sets)
    const present = presentOf(type, sets)
    return present && ((value) => value === null || present(value))
  }
  const presentOf = (type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Exact | null => {
    if (isListType(type)) {
      const element = anyOf(type.ofType, sets)
      return element && ((value) => Array.isArray(value) && value.every(element))
    }
    if (isLeafType(type)) {
      const leaf = leafOf(type)
      return (value) => value !== null && leaf(value) === value
    }
    return isObjectType(type) ? object(type, sets) : null
  }
  return object(root, [selectionSet])
}

function objectOf(names: readonly string[], checks: readonly Exact[]): Exact {
  const { length } = names
  return (value) => {
    if (!isFields(value)) return false
    let index = 0
    for (const name in value) {
      if (name !== names[index] || !checks[index]!(value[name])) return false
      index++
    }
    return index === length
  }
}
