import {
  type ArgumentNode,
  type DocumentNode,
  type GraphQLArgument,
  GraphQLError,
  GraphQLInt,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { CostDirectives } from '../cost/directives.ts'
import type { Values } from '../cost/formula.ts'
import { sliceAt } from '../cost/inputs.ts'

/** Throws GraphQLError VALIDATION_ERROR, with the argument in its details, for a page that is larger than the limit, or negative. */
export type CheckPages = (document: DocumentNode, values: Values) => void

type Slice = { name: string; read: (values: Values) => number | undefined }

/**
 * Bounds what arguments say of the size of a page, whether it stands in the document or comes by a variable: the
 * slicing arguments of @listSize, and the `first` and `last` of connections. They are found once for a document.
 */
export function pageBounds(schema: GraphQLSchema, { listSizes }: CostDirectives, most: number): CheckPages {
  const known = new WeakMap<DocumentNode, readonly Slice[]>()

  const slicesIn = (document: DocumentNode): Slice[] => {
    const slices: Slice[] = []
    const info = new TypeInfo(schema)
    visit(
      document,
      visitWithTypeInfo(info, {
        Field({ name, arguments: given = [] }) {
          const field = info.getFieldDef()
          if (!field || given.length === 0) return
          const paths =
            listSizes.get(`${info.getParentType()?.name}.${name.value}`)?.slicing ??
            (isConnection(getNamedType(field.type)) ? bothEnds : [])
          for (const path of paths)
            if (isGiven(path, given, field.args))
              slices.push({ name: path.at(-1)!, read: sliceAt(path, given, field.args) })
        },
      }),
    )
    return slices
  }
  return (document, values) => {
    let slices = known.get(document)
    if (!slices) {
      slices = slicesIn(document)
      known.set(document, slices)
    }
    for (const { name, read } of slices) {
      const size = read(values)
      if (size !== undefined && (size < 0 || size > most)) throw outOfBounds(name, most)
    }
  }
}

const bothEnds = [['first'], ['last']]

const isConnection = (type: ReturnType<typeof getNamedType>) => {
  if (!isObjectType(type)) return false
  const fields = type.getFields()
  return Boolean(fields.edges && fields.pageInfo)
}

const isGiven = (
  [first, ...rest]: readonly string[],
  given: readonly ArgumentNode[],
  args: readonly GraphQLArgument[],
) =>
  given.some(({ name }) => name.value === first) &&
  (rest.length > 0 ||
    args
      .find(({ name }) => name === first)
      ?.type.toString()
      .startsWith(GraphQLInt.name))

const outOfBounds = (field: string, most: number) =>
  new GraphQLError('Invalid request parameters', {
    extensions: {
      code: 'VALIDATION_ERROR',
      http: { status: 400 },
      details: [{ field, message: `Must be between 0 and ${most}` }],
    },
  })
