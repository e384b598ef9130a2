import {
  type ArgumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedOutputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
} from 'graphql'
import type { CostDirectives, ListSize } from './directives.ts'
import { atLeastZero, type Formula, product, sum, type Values } from './formula.ts'
import { argumentsCost, sliceAt } from './inputs.ts'
import { type Asked, askedOf, type Guards, type Selecting } from './selections.ts'

export type Estimating = {
  /** What clients see. */
  schema: GraphQLSchema
  directives: CostDirectives
  /** Items of a list of which nobody says how long it is. */
  listSize: number
  /** Whether a list that wants exactly one slicing argument is refused where it has another number of them. */
  strict: boolean
}
type Sized = readonly { readonly path: readonly string[]; readonly size: Formula }[]

const ofMutation = 10

/**
 * How much an operation costs, as a formula over its coerced variables: a mutation 10, an object 1, a scalar
 * nothing, where @cost gives no weight; what is in a list as often as the list is long, by @listSize. The formula
 * throws GraphQLError BAD_USER_INPUT where a list that wants exactly one slicing argument has another number of
 * them. The operation must be valid. The questions about the schema cost nothing here: `limits` bounds them.
 */
export function estimateOf(
  { schema, directives, listSize, strict }: Estimating,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Formula {
  const selecting: Selecting = { schema, fragments }

  const ofAll = (asked: readonly Asked[], sized: Sized): Formula =>
    sum(asked.map((each) => guarded(each.guards, ofField(each, sized))))

  const ofField = ({ field, parent, sets }: Asked, sized: Sized): Formula => {
    const name = field.name.value
    const definition = 'getFields' in parent ? parent.getFields()[name] : undefined
    if (!definition) return 0
    const type = getNamedType(definition.type)
    const directive = listSizeOf(parent, name)
    const expected = directive && sizeOf(directive, field.arguments ?? [], definition)
    const before = sized.filter(({ path }) => path[0] === name)
    const inside = [
      ...before
        .filter(({ path }) => path.length > 1)
        .map(({ path, size }) => ({ path: path.slice(1), size })),
      ...(directive && expected !== undefined
        ? directive.sized.map((path) => ({ path, size: expected }))
        : []),
    ]
    const inner = isCompositeType(type) ? ofAll(askedOf(selecting, type, sets), inside) : 0
    const given = before.find(({ path }) => path.length === 1)?.size ?? expected
    return sum([
      product(lengthOf(definition.type, given), atLeastZero(sum([weightOf(parent, name, type), inner]))),
      argumentsCost(`${parent.name}.${name}`, field.arguments ?? [], definition.args, directives),
    ])
  }

  // Composition keeps weights off interfaces: an interface's field costs what it costs on the worst of its types.
  const places = (parent: GraphQLCompositeType, field: string): string[] => [
    `${parent.name}.${field}`,
    ...(isAbstractType(parent) ? schema.getPossibleTypes(parent) : []).map(({ name }) => `${name}.${field}`),
  ]
  const weightOf = (parent: GraphQLCompositeType, field: string, type: GraphQLNamedOutputType) => {
    const own = places(parent, field).flatMap((of) => directives.weights.get(of) ?? [])
    if (own.length > 0) return Math.max(...own)
    const ofType = directives.weights.get(type.name)
    if (ofType !== undefined) return ofType
    if (isObjectType(type)) return 1
    if (!isAbstractType(type)) return 0
    return Math.max(1, ...schema.getPossibleTypes(type).map(({ name }) => directives.weights.get(name) ?? 1))
  }
  const listSizeOf = (parent: GraphQLCompositeType, field: string): ListSize | undefined => {
    const of = places(parent, field).find((place) => directives.listSizes.has(place))
    return of === undefined ? undefined : directives.listSizes.get(of)
  }
  // Of lists in lists only the outer one is told about.
  const lengthOf = (type: GraphQLOutputType, given: Formula | undefined): Formula => {
    const nullable = getNullableType(type)
    if (!isListType(nullable)) return 1
    return product(given ?? listSize, lengthOf(nullable.ofType, undefined))
  }

  const sizeOf = (
    { slicing, assumed, exactlyOne }: ListSize,
    given: readonly ArgumentNode[],
    { name, args }: GraphQLField<unknown, unknown>,
  ): Formula | undefined => {
    if (slicing.length === 0) return assumed
    const slices = slicing.map((path) => sliceAt(path, given, args))
    return (values) => {
      const sizes = slices.map((slice) => slice(values)).filter((size) => size !== undefined)
      if (strict && exactlyOne && sizes.length !== 1) throw notOne(name, slicing)
      return sizes.length > 0 ? Math.max(0, ...sizes) : (assumed ?? listSize)
    }
  }

  const root = schema.getRootType(operation.operation)
  if (!root) return 0
  const base = operation.operation === 'mutation' ? ofMutation : 0
  return sum([base, ofAll(askedOf(selecting, root, [{ set: operation.selectionSet, guards: [] }]), [])])
}

const notOne = (field: string, slicing: ListSize['slicing']) =>
  new GraphQLError(`${field} needs exactly one of ${slicing.map((path) => path.join('.')).join(', ')}`, {
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
  })

const holds = (guards: Guards, values: Values) =>
  guards.every(({ variable, is }) => (values[variable] === true) === is)

function guarded(any: readonly Guards[], formula: Formula): Formula {
  if (formula === 0 || any.some((guards) => guards.length === 0)) return formula
  return (values) => {
    if (!any.some((guards) => holds(guards, values))) return 0
    return typeof formula === 'number' ? formula : formula(values)
  }
}
