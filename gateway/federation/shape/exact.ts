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

/**
 * Tells of a subgraph's value whether it is what the client asked for, to the last name: how many characters it is as
 * JSON at least, or -1. A text of just so many that was read as this value has nothing else in it: no name twice, no
 * space, no number written otherwise.
 */
export type Exact = (value: unknown) => number
const no = -1
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
    if (name === '__typename') return (value) => (value === type.name ? type.name.length + 2 : no)
    const field = type.getFields()[name]
    const sets = group.flatMap(({ selectionSet }) => selectionSet ?? [])
    return field ? anyOf(field.type, sets) : null
  }
  const anyOf = (type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Exact | null => {
    if (isNonNullType(type)) return presentOf(type.ofType, sets)
    const present = presentOf(type, sets)
    return present && ((value) => (value === null ? 4 : present(value)))
  }
  const presentOf = (type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Exact | null => {
    if (isListType(type)) {
      const element = anyOf(type.ofType, sets)
      return element && listOf(element)
    }
    if (isLeafType(type)) {
      const leaf = leafOf(type)
      return (value) => (value !== null && leaf(value) === value ? lengthOf(value) : no)
    }
    return isObjectType(type) ? object(type, sets) : null
  }
  return object(root, [selectionSet])
}

function objectOf(names: readonly string[], checks: readonly Exact[]): Exact {
  const { length } = names
  const around = JSON.stringify(Object.fromEntries(names.map((name) => [name, 0]))).length - length
  return (value) => {
    if (!isFields(value)) return no
    let index = 0
    let size = around
    for (const name in value) {
      if (name !== names[index]) return no
      const inner = checks[index]!(value[name])
      if (inner === no) return no
      size += inner
      index++
    }
    return index === length ? size : no
  }
}

const listOf =
  (element: Exact): Exact =>
  (value) => {
    if (!Array.isArray(value)) return no
    let size = Math.max(2, value.length + 1)
    for (const one of value) {
      const inner = element(one)
      if (inner === no) return no
      size += inner
    }
    return size
  }

/** Of a number that may be written otherwise in as few characters, as 300 is 3e2, nothing is told. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value === 'boolean') return value ? 4 : 5
  if (typeof value !== 'number' || Math.abs(value) >= 1e15) return no
  if (Number.isInteger(value) ? value % 100 === 0 && value !== 0 : Math.abs(value) < 0.1) return no
  return String(value).length
}
