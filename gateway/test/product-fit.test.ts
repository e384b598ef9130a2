/** Everything that is shipped to ask the graph may grow to twice its size before any limit stands in its way. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Supergraph } from '@apollo/federation-internals'
import {
  type DocumentNode,
  type GraphQLInputType,
  GraphQLInt,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  parse,
  typeFromAST,
  validate,
} from 'graphql'
import { pageSize } from '#kit/page.ts'
import { root } from '#kit/register.ts'
import { fragmentsOf } from '../federation/compile/operation.ts'
import { createDemand } from '../federation/cost/demand.ts'
import { costDirectivesOf } from '../federation/cost/directives.ts'
import { measure } from '../federation/limits/measure.ts'
import { checkVariables } from '../federation/limits/values.ts'
import { type Limits, limits } from '../federation/limits.ts'
import { startImport } from '../rest/integrations.ts'
import { downloadReport } from '../rest/reports.ts'
import { routes } from '../rest/routes.ts'
import { mostCosts, oncePerDocument } from '../tiers.ts'

const sdl = readFileSync(`${root}schema/supergraph.graphql`, 'utf8')
const schema = Supergraph.build(sdl).apiSchema().toGraphQLJSSchema()

const textsIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
    .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(/\bgraphql\(\s*`([^`]+)`/g)])
    .map(([, text]) => text!)
const page = textsIn(`${root}web/src`)
const rest = [...routes(schema), downloadReport, startImport].map(({ operation }) => operation)
const readme = readFileSync(`${root}README.md`, 'utf8')
const tour = [...readme.matchAll(/\{"query":\s*"([^"]+)"\}/g)].map(([, text]) => text!)
const shipped = [...new Set([...page, ...rest, ...tour, '{ __typename }'])]

test('what is shipped is found', () => {
  assert.ok(page.length >= 10, `${page.length} of the page`)
  assert.ok(rest.length >= 20, `${rest.length} of REST`)
  assert.ok(tour.length >= 2, `${tour.length} of the tour`)
  for (const text of shipped) assert.deepEqual(validate(schema, parse(text)), [])
})

/** The largest that a variable may be, where that makes a difference: pages are full, everything is filtered by. */
function largest(type: GraphQLInputType, name: string, level = 0): unknown {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return [largest(nullable.ofType, name, level)]
  if (isEnumType(nullable)) return nullable.getValues()[0]!.value
  if (isInputObjectType(nullable))
    return Object.fromEntries(
      Object.values(nullable.getFields()).map((field) => [
        field.name,
        largest(field.type, field.name, level + 1),
      ]),
    )
  if (getNamedType(type) === GraphQLInt) return name === 'first' || name === 'last' ? pageSize.max : 1
  return nullable.name === 'Boolean' ? true : 'x'.repeat(100)
}
const variablesOf = ({ variableDefinitions = [] }: OperationDefinitionNode) =>
  Object.fromEntries(
    variableDefinitions.map(({ variable: { name }, type }) => [
      name.value,
      largest(typeFromAST(schema, type as never) as GraphQLInputType, name.value),
    ]),
  )
const operationIn = ({ definitions }: DocumentNode) =>
  definitions.find((of) => of.kind === Kind.OPERATION_DEFINITION)!
test('each operation is at most half of every limit', () => {
  const most: Partial<Record<keyof Limits, number>> = {}
  for (const text of shipped) {
    const document = parse(text)
    const size = {
      ...measure(document, limits, oncePerDocument),
      characters: text.length,
      tokens: tokensOf(document),
    }
    for (const limit of Object.keys(size) as (keyof typeof size)[]) {
      most[limit] = Math.max(most[limit] ?? 0, size[limit])
      // One is the least that may be asked, and the most that may be asked of these.
      if (limit === 'once') assert.ok(size.once <= limits.once)
      else
        assert.ok(size[limit] <= limits[limit] / 2, `${limit}: ${size[limit]} of ${limits[limit]} in ${text}`)
    }
    const variables = variablesOf(operationIn(document))
    checkVariables(variables, {
      ...limits,
      string: limits.string / 2,
      list: limits.list / 2,
      nesting: limits.nesting / 2,
      variableBytes: limits.variableBytes / 2,
    })
  }
  console.log('the largest that is shipped, of each limit:', most)
})

function tokensOf({ loc }: DocumentNode): number {
  let count = 0
  for (let token = loc?.startToken.next; token; token = token.next) if (token.kind !== 'Comment') count++
  return count
}

const anonymously =
  /^\s*(mutation \w+[^{]*\{\s*(signIn|refreshSession|signOut|setPassword)\b|\{ __typename \})/

test('the question of GraphiQL for the whole schema is no more than every limit', () => {
  const size = measure(parse(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true })), limits)
  for (const limit of Object.keys(size) as (keyof typeof size)[])
    assert.ok(size[limit] <= limits[limit], limit)
})

test('each operation costs at most half of what its caller may spend, at the largest page', () => {
  const demand = createDemand(schema, costDirectivesOf(parse(sdl)), {
    mode: 'measure',
    maxCostOf: () => Number.POSITIVE_INFINITY,
  })
  const costs = shipped.map((text) => {
    const document = parse(text)
    const operation = operationIn(document)
    const { estimated } = demand(operation, fragmentsOf(document), variablesOf(operation), null)
    const max = mostCosts[anonymously.test(text) ? 'anonymous' : 'standard']
    return { name: operation.name?.value ?? text.slice(0, 40), estimated, max }
  })
  costs.sort((one, other) => other.estimated / other.max - one.estimated / one.max)
  console.table(costs.slice(0, 12))
  for (const { name, estimated, max } of costs)
    assert.ok(estimated <= max / 2, `${name} costs ${estimated} of ${max}`)
})

test('every list of the graph says how long it is', () => {
  const { listSizes } = costDirectivesOf(parse(sdl))
  for (const type of Object.values(schema.getTypeMap())) {
    if (!('getFields' in type) || isInputObjectType(type)) continue
    for (const [name, field] of Object.entries(type.getFields()))
      if (getNamedType(field.type).name.endsWith('Connection'))
        assert.deepEqual(listSizes.get(`${type.name}.${name}`)?.sized, [['edges']], `${type.name}.${name}`)
  }
})
