import {
  type ArgumentNode,
  type GraphQLArgument,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  Kind,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql'
import type { CostDirectives } from './directives.ts'
import { amountOf, type Formula, sum, type Values } from './formula.ts'

/** A value that is known, or how it is read from the variables. */
type Read = (values: Values) => unknown

const reading = (node: ValueNode): Read =>
  node.kind === Kind.VARIABLE
    ? (values) => values[node.name.value]
    : (values) => valueFromASTUntyped(node, values as Record<string, unknown>)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/**
 * Reads what a path into the arguments says, with the schema's defaults. Undefined is what is not given, or is
 * no number.
 */
export function sliceAt(
  [first, ...rest]: readonly string[],
  given: readonly ArgumentNode[],
  args: readonly GraphQLArgument[],
): (values: Values) => number | undefined {
  const argument = args.find(({ name }) => name === first)
  const node = given.find(({ name }) => name.value === first)?.value
  const read = node && reading(node)
  const from = (values: Values): unknown => {
    let value = read?.(values)
    if (value === undefined) value = argument?.defaultValue
    let type = argument?.type
    for (const name of rest) {
      const input = type && getNamedType(type)
      const field = isInputObjectType(input) ? input.getFields()[name] : undefined
      if (!isObject(value)) return undefined
      value = value[name] === undefined ? field?.defaultValue : value[name]
      type = field?.type
    }
    return value
  }
  const number = (values: Values) => {
    const value = from(values)
    return typeof value === 'number' ? value : undefined
  }
  if (node && mentionsVariable(node)) return number
  const constant = number({})
  return () => constant
}

function mentionsVariable(node: ValueNode): boolean {
  if (node.kind === Kind.VARIABLE) return true
  if (node.kind === Kind.LIST) return node.values.some(mentionsVariable)
  return node.kind === Kind.OBJECT && node.fields.some(({ value }) => mentionsVariable(value))
}

/** What the arguments of a field cost: their weights, and 1 for each input object without one. */
export function argumentsCost(
  field: string,
  given: readonly ArgumentNode[],
  args: readonly GraphQLArgument[],
  directives: CostDirectives,
): Formula {
  return sum(
    given.map(({ name, value }) => {
      const argument = args.find((of) => of.name === name.value)
      if (!argument) return 0
      const weight = weightOf(`${field}(${name.value}:)`, argument.type, directives)
      if (!costs(argument.type, weight)) return 0
      const read = reading(value)
      const cost = (values: Values) => inputCost(read(values), argument.type, weight, directives)
      return mentionsVariable(value) ? cost : amountOf(cost, {})
    }),
  )
}

const weightOf = (of: string, type: GraphQLInputType, { weights }: CostDirectives) =>
  weights.get(of) ?? weights.get(getNamedType(type).name)

const costs = (type: GraphQLInputType, weight: number | undefined) =>
  weight !== undefined || isInputObjectType(getNamedType(type))

function inputCost(
  value: unknown,
  type: GraphQLInputType,
  weight: number | undefined,
  directives: CostDirectives,
): number {
  if (value === undefined || value === null) return 0
  const nullable = getNullableType(type)
  if (isListType(nullable)) {
    const items = Array.isArray(value) ? value : [value]
    let total = weight ?? 0
    for (const item of items) total += inputCost(item, nullable.ofType, weight, directives)
    return total
  }
  if (!isInputObjectType(nullable)) return weight ?? 0
  let total = weight ?? 1
  if (!isObject(value)) return total
  const fields = nullable.getFields()
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(fields, name)) continue
    const field = fields[name]!
    const own = weightOf(`${nullable.name}.${name}`, field.type, directives)
    if (costs(field.type, own)) total += inputCost(value[name], field.type, own, directives)
  }
  return total
}
