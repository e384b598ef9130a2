import {
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getVariableValues,
  isEnumType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql'
import { type Fields, get, set } from './compile/own.ts'

type Values = Record<string, unknown>
/** Values as the schema has them, or what is wrong with them. */
export type Coerce = (given: Values) => { values: Values } | { errors: readonly GraphQLError[] }

const maxErrors = 20
const largestInt = 2 ** 31

/** Whether a value is of a type, and stays what it is; all else is for graphql-js to judge. */
const plain: Record<string, (value: unknown) => boolean> = {
  Int: (value) =>
    Number.isInteger(value) && (value as number) < largestInt && (value as number) >= -largestInt,
  Float: (value) => Number.isFinite(value),
  String: (value) => typeof value === 'string',
  ID: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
}

/** Compiles how the variables of an operation are read: of plain values nothing need be worked out. */
export function coercing(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): Coerce {
  const fits = variableDefinitions.map((definition) => fitOf(schema, definition))
  return (given) => {
    const values: Values = {}
    for (const fit of fits) if (!fit?.(given, values)) return slowly(given)
    return { values }
  }
  function slowly(given: Values): ReturnType<Coerce> {
    const { coerced, errors } = getVariableValues(schema, variableDefinitions, given, { maxErrors })
    return errors ? { errors } : { values: coerced }
  }
}

function fitOf(schema: GraphQLSchema, { variable, type: node, defaultValue }: VariableDefinitionNode) {
  const type = typeFromAST(schema, node as never) as GraphQLInputType | undefined
  if (!type || defaultValue) return null
  const isRequired = isNonNullType(type)
  const named = isRequired ? type.ofType : type
  const isOf = isEnumType(named)
    ? (value: unknown) => typeof value === 'string' && named.getValue(value) !== undefined
    : 'name' in named && plain[named.name]
  if (!isOf) return null
  const { value: name } = variable.name
  return (given: Values, values: Values): boolean => {
    const value = get(given as Fields, name)
    if (value === undefined && !Object.hasOwn(given, name)) return !isRequired
    if (value === null ? isRequired : !isOf(value)) return false
    set(values, name, value)
    return true
  }
}
