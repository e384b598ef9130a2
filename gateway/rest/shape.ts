import {
  type DocumentNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
} from 'graphql'

type Shape = (value: unknown) => unknown
type Fields = Record<string, unknown>

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const asIs: Shape = (value) => value

/**
 * How the answer of an operation looks in REST: snake_case names, enum values in lower case, `asset { id }`
 * as `asset_id`, and what a scalar holds untouched. The root fields keep their names. Throws for an operation
 * that it cannot read.
 */
export function shapeOf(schema: GraphQLSchema, document: DocumentNode): (data: Fields) => Fields {
  const [operation, ...others] = document.definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION || others.length > 0)
    throw new Error('A route names one operation and no fragments')
  const root = schema.getRootType(operation.operation)
  if (!root) throw new Error(`The graph has no ${operation.operation}`)
  const shape = objectShape(root, operation.selectionSet, (name) => name)
  return (data) => shape(data) as Fields
}

function typeShape(type: GraphQLOutputType, set: SelectionSetNode | undefined): Shape {
  if (isNonNullType(type)) return typeShape(type.ofType, set)
  if (isListType(type)) {
    const item = typeShape(type.ofType, set)
    return (value) => (Array.isArray(value) ? value.map(item) : null)
  }
  if (isEnumType(type)) return (value) => (typeof value === 'string' ? value.toLowerCase() : null)
  return set ? objectShape(type, set, snake) : asIs
}

function objectShape(
  type: GraphQLOutputType,
  set: SelectionSetNode,
  rename: (name: string) => string,
): Shape {
  if (!isObjectType(type)) throw new Error(`A route cannot select from ${type}`)
  const known = type.getFields()
  const fields = set.selections.map((selection) => {
    if (selection.kind !== Kind.FIELD) throw new Error('A route names one operation and no fragments')
    const { alias, name, selectionSet } = selection
    const field = name.value === '__typename' ? TypeNameMetaFieldDef : known[name.value]
    if (!field) throw new Error(`${type} has no field ${name.value}`)
    const from = (alias ?? name).value
    const isReference = selectionSet && onlyId(selectionSet)
    const shape: Shape = isReference
      ? (value) => (value as Fields | null)?.id ?? null
      : typeShape(field.type, selectionSet)
    return { from, to: rename(from) + (isReference ? '_id' : ''), shape }
  })
  return (value) => {
    if (value === null || value === undefined) return null
    return Object.fromEntries(
      fields.map(({ from, to, shape }) => [to, shape((value as Fields)[from] ?? null)]),
    )
  }
}

function onlyId({ selections }: SelectionSetNode) {
  const [only, ...others] = selections
  return others.length === 0 && only?.kind === Kind.FIELD && only.name.value === 'id' && !only.alias
}
