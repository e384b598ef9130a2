import {
  type GraphQLOutputType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { completingAbstract } from './abstract.ts'
import { type Field, failing } from './field.ts'
import { completingLeaf } from './leaf.ts'
import { completingObject } from './object.ts'
import { type Complete, isPromise, type Path, type Run } from './run.ts'

/** Compiles how a value of the type of a field is completed. */
export function completing(field: Field, type: GraphQLOutputType): Complete {
  const present = completingPresent(field, isNonNullType(type) ? type.ofType : type)
  const missing = isNonNullType(type)
    ? () => {
        throw new Error(`Cannot return null for non-nullable field ${field.parent.name}.${field.of.name}.`)
      }
    : () => null
  return (run, value, path) => {
    if (value instanceof Error) throw value
    return value === null || value === undefined ? missing() : present(run, value, path)
  }
}

function completingPresent(field: Field, type: GraphQLOutputType): Complete {
  if (isLeafType(type)) return completingLeaf(type)
  if (isListType(type)) return completingList(field, type.ofType)
  if (isObjectType(type)) return completingObject(field, type)
  if (isAbstractType(type)) return completingAbstract(field, type)
  throw new Error(`${type} cannot be answered`)
}

function completingList(field: Field, type: GraphQLOutputType): Complete {
  const complete = completing(field, type)
  const failed = failing(field, !isNonNullType(type))
  const finish = (run: Run, value: unknown, path: Path): unknown => {
    try {
      const completed = complete(run, value, path)
      return isPromise(completed) ? completed.then(undefined, (error) => failed(run, error, path)) : completed
    } catch (error) {
      return failed(run, error, path)
    }
  }
  const element = (run: Run, value: unknown, path: Path): unknown =>
    isPromise(value)
      ? value.then(
          (resolved) => finish(run, resolved, path),
          (error) => failed(run, error, path),
        )
      : finish(run, value, path)

  return (run, value, prev) => {
    const elements = Array.isArray(value) ? value : Array.from(iterable(field, value))
    const completed: unknown[] = []
    let waits = false
    try {
      for (let key = 0; key < elements.length; key++) {
        const each = element(run, elements[key], { prev, key, typename: undefined })
        waits ||= isPromise(each)
        completed.push(each)
      }
    } catch (error) {
      leave(completed)
      leave(elements.slice(completed.length))
      throw error
    }
    return waits ? Promise.all(completed) : completed
  }
}

/** Nobody waits for these any more, and those that fail would end the process. */
function leave(values: readonly unknown[]): void {
  for (const value of values) if (isPromise(value)) value.then(undefined, () => {})
}

function iterable({ parent, of }: Field, value: unknown): Iterable<unknown> {
  if (typeof value === 'object' && typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function')
    return value as Iterable<unknown>
  throw new Error(`Expected Iterable, but did not find one for field "${parent.name}.${of.name}".`)
}
