import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLObjectType,
  isObjectType,
} from 'graphql'
import { inspect } from 'graphql/jsutils/inspect.js'
import { type Field, infoOf } from './field.ts'
import { completingObject, placeOf } from './object.ts'
import { type Complete, isPromise, type Path, type Run } from './run.ts'

/** Compiles how a value of an interface or a union is completed, for each type that comes. */
export function completingAbstract(field: Field, type: GraphQLAbstractType): Complete {
  const { operation, parent, nodes, of } = field
  const { schema } = operation
  const known = new Map<string, Complete>()
  const place = `"${parent.name}.${of.name}"`
  const typeNamed = (name: unknown, value: unknown): GraphQLObjectType => {
    if (name === null || name === undefined)
      throw new GraphQLError(
        `Abstract type "${type.name}" must resolve to an Object type at runtime for field ${place}. Either the \
"${type.name}" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.`,
        { nodes },
      )
    if (isObjectType(name))
      throw new GraphQLError(
        'Support for returning GraphQLObjectType from resolveType was removed in graphql-js@16.0.0 please return type name instead.',
      )
    if (typeof name !== 'string')
      throw new GraphQLError(
        `Abstract type "${type.name}" must resolve to an Object type at runtime for field ${place} with value \
${inspect(value)}, received "${inspect(name)}".`,
      )
    const found = schema.getType(name)
    if (!found)
      throw new GraphQLError(
        `Abstract type "${type.name}" was resolved to a type "${name}" that does not exist inside the schema.`,
        { nodes },
      )
    if (!isObjectType(found))
      throw new GraphQLError(`Abstract type "${type.name}" was resolved to a non-object type "${name}".`, {
        nodes,
      })
    if (!schema.isSubType(type, found))
      throw new GraphQLError(`Runtime Object type "${name}" is not a possible type for "${type.name}".`, {
        nodes,
      })
    return found
  }
  const completed = (run: Run, value: unknown, path: Path, name: unknown) => {
    let complete = known.get(name as string)
    if (!complete) {
      const found = typeNamed(name, value)
      complete = completingObject(field, found)
      known.set(found.name, complete)
    }
    return complete(run, value, path)
  }
  const resolveType = type.resolveType ?? defaultTypeResolver
  return (run, value, path) => {
    const name = resolveType(value, run.context, infoOf(field, run, placeOf(path)), type)
    return isPromise(name)
      ? name.then((found) => completed(run, value, path, found))
      : completed(run, value, path, name)
  }
}
