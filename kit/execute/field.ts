import {
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getArgumentValues,
  getNullableType,
  isLeafType,
  isNonNullType,
  locatedError,
} from 'graphql'
import { completing } from './complete.ts'
import type { Operation } from './operation.ts'
import { isObjectLike, isPromise, type Path, type Run, stepsOf } from './run.ts'

/** A field of an object, with what it is compiled from. */
export type Field = {
  readonly operation: Operation
  readonly parent: GraphQLObjectType
  /** Its name in the answer. */
  readonly key: string
  readonly nodes: readonly FieldNode[]
  readonly of: GraphQLField<unknown, unknown>
}
/** Resolves a field of an object that stands at a place, and completes what that gives. */
export type Resolve = (run: Run, source: unknown, at: Path | undefined) => unknown

export const infoOf = (
  { operation, parent, nodes, of }: Field,
  run: Run,
  path: Path,
): GraphQLResolveInfo => ({
  fieldName: of.name,
  fieldNodes: nodes,
  returnType: of.type,
  parentType: parent,
  path,
  schema: operation.schema,
  fragments: operation.fragments,
  rootValue: run.rootValue,
  operation: operation.definition,
  variableValues: run.variables as Record<string, unknown>,
})

/** What a field is given: found once in a run, and an object of its own for each resolver. */
function argumentsOf({ operation, of, nodes }: Field): (run: Run) => Record<string, unknown> {
  if (of.args.length === 0) return () => ({})
  const number = operation.numbers++
  return (run) => {
    run.given[number] ??= getArgumentValues(of, nodes[0]!, run.variables)
    return { ...run.given[number] }
  }
}

/** What an object has under the name of a field, or says when it is asked. */
function byName(field: Field, argumentsIn: (run: Run) => Record<string, unknown>) {
  const { name, args } = field.of
  return (run: Run, source: unknown, at: Path | undefined): unknown => {
    const given = args.length > 0 ? argumentsIn(run) : undefined
    if (!isObjectLike(source) && typeof source !== 'function') return undefined
    const value = (source as Record<string, unknown>)[name]
    if (typeof value !== 'function') return value
    const info = infoOf(field, run, pathOf(field, at))
    return (source as Record<string, (...of: unknown[]) => unknown>)[name]!(given ?? {}, run.context, info)
  }
}

const pathOf = ({ key, parent }: Field, prev: Path | undefined): Path => ({
  prev,
  key,
  typename: parent.name,
})

/** Tells what was thrown; null where that may be, else whoever is above is null. */
export function failing({ nodes }: Pick<Field, 'nodes'>, isNullable: boolean) {
  return (run: Run, thrown: unknown, path: Path | undefined): null => {
    const error = locatedError(thrown, nodes, stepsOf(path))
    if (!isNullable) throw error
    run.errors.add(error, path)
    return null
  }
}

export function fieldOf(field: Field): Resolve {
  const { of, parent } = field
  if (of.name === '__typename') return () => parent.name
  const { resolve } = of
  const argumentsIn = argumentsOf(field)
  const complete = completing(field, of.type)
  const failed = failing(field, !isNonNullType(of.type))
  const found = byName(field, argumentsIn)
  // Only who asks, and what has parts, need know where they are.
  const isPlaced = Boolean(resolve) || !isLeafType(getNullableType(of.type))

  const finish = (run: Run, value: unknown, path: Path | undefined, at: Path | undefined): unknown => {
    try {
      const completed = complete(run, value, path!)
      if (!isPromise(completed)) return completed
      return completed.then(undefined, (error) => failed(run, error, path ?? pathOf(field, at)))
    } catch (error) {
      return failed(run, error, path ?? pathOf(field, at))
    }
  }
  return (run, source, at) => {
    const path = isPlaced ? pathOf(field, at) : undefined
    let value: unknown
    try {
      value = resolve
        ? resolve(source, argumentsIn(run), run.context, infoOf(field, run, path!))
        : found(run, source, at)
    } catch (error) {
      return failed(run, error, path ?? pathOf(field, at))
    }
    if (!isPromise(value)) return finish(run, value, path, at)
    return value.then(
      (resolved) => finish(run, resolved, path, at),
      (error) => failed(run, error, path ?? pathOf(field, at)),
    )
  }
}
