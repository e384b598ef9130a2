import {
  assertValidSchema,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  OperationTypeNode,
} from 'graphql'
import { fieldsInTurn, fieldsOf } from './object.ts'
import { isPlain, operationOf } from './operation.ts'
import { createErrors, isPromise, type Run } from './run.ts'
import { selectedOf } from './selection.ts'

export type Execution = Omit<
  ExecutionArgs,
  'schema' | 'fieldResolver' | 'typeResolver' | 'subscribeFieldResolver'
>
type Executed = ExecutionResult | Promise<ExecutionResult>
type Compiled = (asked: Execution) => Executed

const mostVariableErrors = 50

/**
 * Executes operations on a schema as graphql-js does, but compiles each once: what is selected of which type, what
 * fields are given, how values are completed (docs/decisions/0050). What has conditions, or asks of the schema itself,
 * graphql-js executes. The schema must not change any more.
 */
export function createExecutor(schema: GraphQLSchema): (asked: Execution) => Executed {
  assertValidSchema(schema)
  const documents = new WeakMap<DocumentNode, Map<string | null, Compiled> | null>()
  return (asked) => {
    const { document, operationName } = asked
    let known = documents.get(document)
    if (known === undefined) {
      known = isPlain(document) ? new Map() : null
      documents.set(document, known)
    }
    let compiled = known?.get(operationName ?? null) ?? null
    if (known && !compiled) {
      compiled = compiledOf(schema, document, operationName)
      if (compiled) known.set(operationName ?? null, compiled)
    }
    return compiled ? compiled(asked) : (execute({ schema, ...asked }) as Executed)
  }
}

function compiledOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  name: Execution['operationName'],
): Compiled | null {
  const operation = operationOf(schema, document, name)
  if (!operation) return null
  const { definition, root } = operation
  const selected = selectedOf(operation, root, [definition.selectionSet])
  const inTurn = definition.operation === OperationTypeNode.MUTATION
  const fields = (inTurn ? fieldsInTurn : fieldsOf)(operation, root, selected)
  return ({ variableValues, rootValue, contextValue: context }) => {
    const { coerced, errors } = getVariableValues(
      schema,
      definition.variableDefinitions ?? [],
      variableValues ?? {},
      { maxErrors: mostVariableErrors },
    )
    if (errors) return { errors }
    const run: Run = { context, rootValue, variables: coerced, errors: createErrors(), given: [] }
    const failed = (error: GraphQLError): ExecutionResult => {
      run.errors.add(error, undefined)
      return told(run, null)
    }
    try {
      const data = fields(run, rootValue, undefined)
      return isPromise(data) ? data.then((found) => told(run, found), failed) : told(run, data)
    } catch (error) {
      return failed(error as GraphQLError)
    }
  }
}

const told = ({ errors: { all } }: Run, data: unknown): ExecutionResult =>
  (all.length > 0 ? { errors: all, data } : { data }) as ExecutionResult
