/** Documents made from the schema alone: whatever it offers tomorrow is asked for without a change here. */
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
  OperationTypeNode,
} from 'graphql'

type Field = GraphQLField<unknown, unknown>
/** From a root down: a field, and what its type has that comes next. */
export type Step = { parent: string; field: Field }
export type Path = { root: OperationTypeNode; steps: Step[] }

/** Fields of objects, as `Type.field`. */
export const fieldsOf = (schema: GraphQLSchema): string[] =>
  objectsOf(schema).flatMap((type) => Object.keys(type.getFields()).map((name) => `${type.name}.${name}`))

/** Arguments, as `Type.field(name)`, and fields of inputs, as `Input.field`. */
export const argumentsOf = (schema: GraphQLSchema): string[] =>
  Object.values(schema.getTypeMap()).flatMap((type) => {
    if (type.name.startsWith('__')) return []
    if (isInputObjectType(type)) return Object.keys(type.getFields()).map((name) => `${type.name}.${name}`)
    if (!isObjectType(type)) return []
    return Object.values(type.getFields()).flatMap(({ name, args }) =>
      args.map((argument) => `${type.name}.${name}(${argument.name})`),
    )
  })

export const objectsOf = (schema: GraphQLSchema): GraphQLObjectType[] =>
  Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
  )

/** The shortest way to each type that has fields, from queries first. */
export function pathsOf(schema: GraphQLSchema): Map<string, Path> {
  const paths = new Map<string, Path>()
  for (const root of [OperationTypeNode.QUERY, OperationTypeNode.MUTATION, OperationTypeNode.SUBSCRIPTION]) {
    const type = schema.getRootType(root)
    if (!type) continue
    paths.set(type.name, { root, steps: [] })
    for (let level = [type]; level.length > 0; ) {
      const next: GraphQLObjectType[] = []
      for (const parent of level)
        for (const field of Object.values(parent.getFields())) {
          const named = getNamedType(field.type)
          const into = isUnionType(named) || isInterfaceType(named) ? schema.getPossibleTypes(named) : [named]
          for (const type of into)
            if (isObjectType(type) && !paths.has(type.name)) {
              const { steps } = paths.get(parent.name)!
              paths.set(type.name, { root, steps: [...steps, { parent: parent.name, field }] })
              next.push(type)
            }
        }
      level = next
    }
  }
  return paths
}

/** What stands where a value is wanted: of ids and texts it decides by the place. */
export type Values = { id(place: string): string; text(place: string): string }
type Wanted = GraphQLArgument | GraphQLInputField
/** One argument or field of an input that is given beside what is required. */
export type Chosen = string | null

const pageSizes: Record<string, number> = { first: 5, last: 5, offset: 0 }

/** A value of a type; undefined where it goes without. */
export function inputFor(
  { name, type }: Pick<Wanted, 'name' | 'type'>,
  values: Values,
  chosen: Chosen,
  within: readonly string[] = [],
): unknown {
  return ofType(type, name, values, chosen, within)
}

function ofType(
  type: GraphQLInputType,
  name: string,
  values: Values,
  chosen: Chosen,
  within: readonly string[],
): unknown {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return [ofType(nullable.ofType, name, values, chosen, within)]
  if (isEnumType(nullable)) return nullable.getValues()[0]!.name
  if (isInputObjectType(nullable)) {
    const inner = [...within, nullable.name]
    const given = Object.values(nullable.getFields()).filter(
      (field) => isRequiredInputField(field) || leadsTo(field, nullable.name, chosen, inner),
    )
    return Object.fromEntries(given.map((field) => [field.name, inputFor(field, values, chosen, inner)]))
  }
  switch (getNamedType(nullable).name) {
    case 'ID':
      return values.id(name)
    case 'String':
      return values.text(name)
    case 'Int':
      return pageSizes[name] ?? 1
    case 'Float':
      return 1
    case 'Boolean':
      return true
    case 'DateTime':
      return '2020-01-01T00:00:00.000Z'
    default:
      return {}
  }
}

/** Whether what was chosen is this field of an input, or lies in it. */
function leadsTo(
  field: GraphQLInputField,
  parent: string,
  chosen: Chosen,
  within: readonly string[],
): boolean {
  if (chosen === null) return false
  if (chosen === `${parent}.${field.name}`) return true
  const type = getNamedType(field.type)
  if (!isInputObjectType(type) || within.includes(type.name)) return false
  return Object.values(type.getFields()).some((inner) =>
    leadsTo(inner, type.name, chosen, [...within, type.name]),
  )
}

/** The arguments that a field is given: what it requires, and what was chosen. */
export function given(parent: string, field: Field, chosen: Chosen): GraphQLArgument[] {
  return field.args.filter((argument) => {
    if (isRequiredArgument(argument) || argument.name === 'first')
      return !clashes(field, argument, chosen, parent)
    if (chosen === `${parent}.${field.name}(${argument.name})`) return true
    const type = getNamedType(argument.type)
    if (!isInputObjectType(type)) return false
    return Object.values(type.getFields()).some((inner) => leadsTo(inner, type.name, chosen, [type.name]))
  })
}

// A list is read from one end.
const clashes = (field: Field, { name }: GraphQLArgument, chosen: Chosen, parent: string) =>
  name === 'first' && chosen === `${parent}.${field.name}(last)`

export type Document = {
  query: string
  variables: (values: Values) => Record<string, unknown>
  covers: string[]
}

/** A document that goes down a path, and at its end asks for everything that a type has. */
export function documentFor({ root, steps }: Path, end: GraphQLObjectType, chosen: Chosen = null): Document {
  const declared: { name: string; of: GraphQLArgument }[] = []
  const covers: string[] = []
  const called = (parent: string, field: Field, name = field.name): string => {
    covers.push(`${parent}.${field.name}`)
    const args = given(parent, field, chosen).map((of) => {
      const variable = `v${declared.length}`
      declared.push({ name: variable, of })
      covers.push(`${parent}.${field.name}(${of.name})`)
      return `${of.name}: $${variable}`
    })
    return args.length > 0 ? `${name}(${args.join(', ')})` : name
  }
  const leaves = (type: GraphQLObjectType): string =>
    Object.values(type.getFields())
      .filter((field) => isLeaf(field) && !field.args.some(isRequiredArgument))
      .map((field) => called(type.name, field))
      .join(' ')
  const inside = (type: GraphQLObjectType): string =>
    Object.values(type.getFields())
      .map((field) => {
        const named = getNamedType(field.type)
        const name = called(type.name, field)
        if (isObjectType(named)) return `${name} { __typename ${leaves(named)} }`
        return isUnionType(named) || isInterfaceType(named) ? `${name} { __typename }` : name
      })
      .join(' ')
  const down = ([step, ...left]: Step[]): string => {
    if (!step) return inside(end)
    const named = getNamedType(step.field.type)
    const next = left[0]?.parent ?? end.name
    const inner = named.name === next ? down(left) : `__typename ... on ${next} { ${down(left)} }`
    return `${called(step.parent, step.field)} { ${inner} }`
  }
  const body = down(steps)
  const declarations = declared.map(({ name, of }) => `$${name}: ${of.type}`).join(', ')
  return {
    query: `${root} Attack${declarations ? `(${declarations})` : ''} { ${body} }`,
    variables: (values) =>
      Object.fromEntries(declared.map(({ name, of }) => [name, inputFor(of, values, chosen)])),
    covers,
  }
}

const isLeaf = (field: Field) => {
  const named = getNamedType(field.type)
  return !isObjectType(named) && !isInterfaceType(named) && !isUnionType(named)
}

/** Where an argument, or a field of an input, can be given: the field that takes it, and the way there. */
export function placeOf(schema: GraphQLSchema, paths: Map<string, Path>, chosen: string): Step | null {
  for (const type of objectsOf(schema))
    if (paths.has(type.name))
      for (const field of Object.values(type.getFields()))
        if (given(type.name, field, chosen).some((argument) => isFor(type.name, field, argument, chosen)))
          return { parent: type.name, field }
  return null
}

function isFor(parent: string, field: Field, argument: GraphQLArgument, chosen: string): boolean {
  if (chosen === `${parent}.${field.name}(${argument.name})`) return true
  const type = getNamedType(argument.type)
  return (
    isInputObjectType(type) &&
    Object.values(type.getFields()).some((inner) => leadsTo(inner, type.name, chosen, [type.name]))
  )
}
