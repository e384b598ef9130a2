import { type GraphQLSchema, isAbstractType } from 'graphql'

/** Whether an object of one type passes a type condition. */
export type Types = {
  /** The names of all types that pass a condition, its own included. */
  passing(condition: string): ReadonlySet<string>
  /** Whether a name is that of a type that objects can have. */
  isConcrete(name: string): boolean
}

export function typesOf(schema: GraphQLSchema): Types {
  const known = new Map<string, ReadonlySet<string>>()
  const passing = (condition: string) => {
    const before = known.get(condition)
    if (before) return before
    const type = schema.getType(condition)
    const names = new Set([condition])
    if (isAbstractType(type)) {
      for (const { name } of schema.getPossibleTypes(type)) names.add(name)
      if ('getInterfaces' in type)
        for (const { name } of schema.getImplementations(type).interfaces) names.add(name)
    }
    known.set(condition, names)
    return names
  }
  return {
    passing,
    isConcrete: (name) => {
      const type = schema.getType(name)
      return type !== undefined && !isAbstractType(type)
    },
  }
}
