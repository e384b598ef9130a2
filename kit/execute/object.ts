import { GraphQLError, type GraphQLObjectType, TypeNameMetaFieldDef } from 'graphql'
import { inspect } from 'graphql/jsutils/inspect.js'
import { type Field, fieldOf, infoOf, type Resolve } from './field.ts'
import type { Operation } from './operation.ts'
import { type Complete, isPromise, type Path, type Run } from './run.ts'
import { type Selected, selectedOf } from './selection.ts'

/** Compiles how an object of a type is completed with what a field asks of it, when the first one comes. */
export function completingObject(field: Field, type: GraphQLObjectType): Complete {
  const { operation, nodes } = field
  let fields: Resolve | undefined
  const execute = (run: Run, value: unknown, path: Path) => {
    fields ??= fieldsOf(operation, type, selectedOf(operation, type, setsIn(nodes)))
    return fields(run, value, path)
  }
  if (!type.isTypeOf) return execute
  const checked = (run: Run, value: unknown, path: Path, isOf: boolean) => {
    if (isOf) return execute(run, value, path)
    const message = `Expected value of type "${type.name}" but got: ${inspect(value)}.`
    throw new GraphQLError(message, { nodes })
  }
  return (run, value, path) => {
    const isOf = type.isTypeOf!(value, run.context, infoOf(field, run, placeOf(path)))
    return isPromise(isOf)
      ? isOf.then((found) => checked(run, value, path, found as boolean))
      : checked(run, value, path, isOf)
  }
}

const setsIn = (nodes: Field['nodes']) => nodes.flatMap(({ selectionSet }) => selectionSet ?? [])

/** Where the field is of which something is an element. */
export function placeOf(path: Path): Path {
  let place = path
  while (typeof place.key === 'number' && place.prev) place = place.prev
  return place
}

/** Compiles how fields of an object are answered, all at once. */
export function fieldsOf(operation: Operation, parent: GraphQLObjectType, selected: Selected): Resolve {
  const { keys, resolves } = compiled(operation, parent, selected)
  return (run, source, at) => {
    const answer: Record<string, unknown> = {}
    let waiting: string[] | undefined
    try {
      for (let index = 0; index < keys.length; index++) {
        const key = keys[index]!
        const value = resolves[index]!(run, source, at)
        put(answer, key, value)
        if (isPromise(value)) {
          waiting ??= []
          waiting.push(key)
        }
      }
    } catch (error) {
      if (!waiting) throw error
      return allOf(answer, waiting).finally(() => {
        throw error
      })
    }
    return waiting ? allOf(answer, waiting) : answer
  }
}

/** The same, one after the other. */
export function fieldsInTurn(operation: Operation, parent: GraphQLObjectType, selected: Selected): Resolve {
  const { keys, resolves } = compiled(operation, parent, selected)
  return async (run, source, at) => {
    const answer: Record<string, unknown> = {}
    for (const [index, resolve] of resolves.entries())
      put(answer, keys[index]!, await resolve(run, source, at))
    return answer
  }
}

function compiled(operation: Operation, parent: GraphQLObjectType, selected: Selected) {
  const known = selected.flatMap(([key, nodes]) => {
    const { value: name } = nodes[0]!.name
    const of = name === TypeNameMetaFieldDef.name ? TypeNameMetaFieldDef : parent.getFields()[name]
    return of ? [{ key, resolve: fieldOf({ operation, parent, key, nodes, of }) }] : []
  })
  return { keys: known.map(({ key }) => key), resolves: known.map(({ resolve }) => resolve) }
}

function allOf(answer: Record<string, unknown>, waiting: readonly string[]): Promise<unknown> {
  return Promise.all(waiting.map((key) => answer[key])).then((values) => {
    for (const [index, key] of waiting.entries()) put(answer, key, values[index])
    return answer
  })
}

/** Under any name; a plain assignment to `__proto__` would be none. */
function put(answer: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(answer, key, { value, writable: true, enumerable: true, configurable: true })
  else answer[key] = value
}
