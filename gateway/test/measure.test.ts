import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  buildSchema,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { costDirectivesOf } from '../federation/cost/directives.ts'
import { measure } from '../federation/limits/measure.ts'
import { pageBounds } from '../federation/limits/pages.ts'
import { checkVariables } from '../federation/limits/values.ts'
import { checkText, generous, type Limits, limits, limitsRule } from '../federation/limits.ts'

const times = (count: number, of: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => of(index)).join(' ')

test('an operation is measured with its fragments where they are spread', () => {
  const document = parse(`
    query a($x: Int = 1, $y: [[Int]] = [[1, 2, 3]]) @live { one: x(a: 1, b: "four", c: { d: 1 }) { ...f ... on T @a @b { z } } y { ...f } }
    query b { __schema { types { name } } ...q }
    fragment f on T { p { q: r } }
    fragment q on Query { signIn again: signIn two: y { signIn } }
  `)
  assert.deepEqual(measure(document, limits, new Set(['signIn'])), {
    operations: 2,
    fragments: 2,
    depth: 3,
    height: 7,
    selections: 10,
    aliases: 3,
    rootFields: 4,
    introspections: 1,
    repetitions: 3,
    directives: 3,
    directivesEach: 2,
    argumentsEach: 3,
    variables: 2,
    string: 4,
    list: 3,
    nesting: 2,
    once: 2,
  })
})

/** A document that is one past a limit, and the same with one less. */
const edges: [keyof ReturnType<typeof measure>, (many: number) => string][] = [
  ['operations', (many) => times(many, (n) => `query q${n} { a }`)],
  ['fragments', (many) => `{ a } ${times(many, (n) => `fragment f${n} on T { a }`)}`],
  ['depth', (many) => `{ ${'a { '.repeat(many - 1)} a ${'}'.repeat(many - 1)} }`],
  ['height', (many) => `{ a { ${times(many - 1, (n) => `a${n}`)} } }`],
  ['selections', (many) => `{ a { ${'... { '.repeat(many - 2)} a ${'}'.repeat(many - 2)} } }`],
  ['aliases', (many) => `{ a { ${times(many, (n) => `a${n}: b`)} } }`],
  ['rootFields', (many) => `{ ...f } fragment f on Query { ${times(many, (n) => `a${n}`)} }`],
  ['introspections', (many) => `{ ${times(many, (n) => `a${n}: __type(name: "A") { name }`)} }`],
  ['repetitions', (many) => `{ a { ${'...f '.repeat(many)} } } fragment f on T { a }`],
  ['directives', (many) => `{ ${times(many, (n) => `a${n} @skip(if: false)`)} }`],
  ['directivesEach', (many) => `{ a ${'@skip(if: false) '.repeat(many)} }`],
  ['argumentsEach', (many) => `{ a(${times(many, (n) => `a${n}: 1`)}) }`],
  ['variables', (many) => `query (${times(many, (n) => `$a${n}: Int`)}) { a }`],
  ['string', (many) => `{ a(b: """${'x'.repeat(many)}""") }`],
  ['list', (many) => `{ a(b: [${'1 '.repeat(many)}]) }`],
  ['list', (many) => `query ($v: [Int] = [${'1 '.repeat(many)}]) { a }`],
  ['nesting', (many) => `{ a(b: ${'['.repeat(many)} 1 ${']'.repeat(many)}) }`],
  ['nesting', (many) => `{ a @b(c: ${'{ a: '.repeat(many)} 1 ${'}'.repeat(many)}) }`],
  ['nesting', (many) => `query ($v: ${'['.repeat(many)}Int${']'.repeat(many)}) { a }`],
  ['once', (many) => `mutation { ${times(many, (n) => `a${n}: signIn`)} }`],
]
/** All limits but one, far away. */
const only = (limit: keyof Limits): Limits => ({
  ...(Object.fromEntries(Object.keys(limits).map((name) => [name, 1_000_000])) as Limits),
  [limit]: limits[limit],
})
const schema = buildSchema('type Query { a: Int }')

for (const [limit, document] of edges)
  test(`a document may have ${limits[limit]} and no more: ${limit}`, () => {
    const refusals = (many: number) =>
      validate(schema, parse(document(many)), [limitsRule(only(limit), new Set(['signIn']))])
    assert.deepEqual(refusals(limits[limit]), [])
    assert.match(refusals(limits[limit] + 1)[0]!.message, new RegExp(`more than ${limits[limit]} `))
  })

test('a document that is refused is not validated', () => {
  const errors = validate(schema, parse(`{ ${times(30, (n) => `nope${n}`)} }`), [
    limitsRule(),
    ...specifiedRules,
  ])
  assert.deepEqual(
    errors.map(({ message }) => message),
    ['The document has more than 20 root fields'],
  )
})

test('a text that is too long is not read', () => {
  assert.throws(() => checkText('#'.repeat(limits.characters + 1)), /more than 50000 characters/)
  checkText('#'.repeat(limits.characters))
})

test('everything that is measured is linear in the document', () => {
  const bomb = `{ a { ...f0 } } ${times(
    1_000,
    (n) => `fragment f${n} on T { a { ...f${n + 1} ...f${n + 1} } b { ...f${n + 1} } }`,
  )} fragment f1000 on T { a }`
  const document = parse(bomb)
  const before = process.cpuUsage()
  const size = measure(document, {
    ...generous,
    depth: 1e6,
    repetitions: 1e6,
    selections: Number.POSITIVE_INFINITY,
  })
  const { user, system } = process.cpuUsage(before)
  assert.ok(size.height > 1e300 && size.depth === 1_002)
  assert.ok(user + system < 200_000, `${user + system} µs`)
})

const nested = (levels: number) => {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { a: value }
  return { value }
}
const values: [keyof Limits, (many: number) => Record<string, unknown>][] = [
  ['string', (many) => ({ a: ['x'.repeat(many)] })],
  ['list', (many) => ({ a: { b: Array(many).fill(1) } })],
  ['list', (many) => Object.fromEntries(Array.from({ length: many }, (_, n) => [`a${n}`, 1]))],
  ['nesting', (many) => nested(many)],
]
for (const [limit, variables] of values)
  test(`variables may have ${limits[limit]} and no more: ${limit}`, () => {
    checkVariables(variables(limits[limit]), only(limit))
    assert.throws(() => checkVariables(variables(limits[limit] + 1), only(limit)), {
      message: new RegExp(`^The variables have more than ${limits[limit]} `),
      extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
    })
  })

test('the bytes of all variables are bounded, and are those of their JSON', () => {
  const of = (count: number) => ({ ids: Array.from({ length: count }, () => 'x'.repeat(1_000)) })
  checkVariables(of(98))
  assert.throws(() => checkVariables(of(100)), /more than 100000 bytes/)
  const exactly = { a: ['bc', { d: 'e' }], f: 'g' }
  const bytes = JSON.stringify(exactly).length
  checkVariables(exactly, { ...limits, variableBytes: bytes })
  assert.throws(() => checkVariables(exactly, { ...limits, variableBytes: bytes - 8 }), /bytes/)
})

const paged = `schema @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@listSize"]) { query: Query }
  directive @link(url: String, import: [String]) on SCHEMA
  directive @listSize(slicingArguments: [String!]) on FIELD_DEFINITION
  type Query { things(first: Int, last: Int): ThingConnection! first(first: Int): Int
    rows(limit: Int = 500): [Int] @listSize(slicingArguments: ["limit"]) deep(page: Page): [Int] @listSize(slicingArguments: ["page.size"]) }
  input Page { size: Int }
  type ThingConnection { edges: [Int] pageInfo: Int }`
const pages: [query: string, refused: string | null, variables?: Record<string, unknown>][] = [
  ['{ things(first: 100) { edges } }', null],
  ['{ things(first: 101) { edges } }', 'first'],
  ['{ things(first: -1) { edges } }', 'first'],
  ['{ things(last: 101) { edges } }', 'last'],
  ['query ($n: Int) { things(last: $n) { edges } }', 'last', { n: 2_000 }],
  ['query ($n: Int = 500) { things(last: $n) { edges } }', 'last'],
  ['query ($n: Int = 500) { things(last: $n) { edges } }', null, { n: 5 }],
  ['query ($n: Int) { things(last: $n) { edges } }', null, { n: null }],
  ['{ ...f } fragment f on Query { things(first: 1000000) { edges } }', 'first'],
  // Not a page.
  ['{ first(first: 101) }', null],
  ['{ rows(limit: 101) }', 'limit'],
  // The schema may say what it wants.
  ['{ rows }', null],
  ['{ deep(page: { size: 101 }) }', 'size'],
  ['query ($p: Page) { deep(page: $p) }', 'size', { p: { size: 101 } }],
  ['query ($p: Page) { deep(page: $p) }', null, { p: { size: 99 } }],
]
test('no page is larger than the limit, by whatever way it is asked for', () => {
  const schema = buildSchema(paged)
  const check = pageBounds(schema, costDirectivesOf(parse(paged)), 100)
  for (const [query, field, variables = {}] of pages) {
    const document = parse(query)
    assert.deepEqual(validate(schema, document), [])
    const operation = document.definitions[0] as OperationDefinitionNode
    const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
    const asked = () => check(document, coerced!)
    if (field === null) asked()
    else
      assert.throws(asked, {
        extensions: {
          code: 'VALIDATION_ERROR',
          http: { status: 400 },
          details: [{ field, message: 'Must be between 0 and 100' }],
        },
      })
  }
})
