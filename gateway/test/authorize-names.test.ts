import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'graphql'
import { accessOf } from '../federation/authorize/access.ts'
import { directivesOf } from '../federation/authorize/directives.ts'
import { open } from './authorize/house.ts'
import { anonymous, checked } from './authorize/rows.ts'

const guarded = (authenticated: string, scopes: string, policy: string) => `
  type Query { open: String a: String @${authenticated} b: String @${scopes}(scopes: [["s"]]) c: String @${policy}(policies: [["p"]]) }`
const federation = 'https://specs.apollo.dev/federation/v2.9'
const renamed: [what: string, sdl: string][] = [
  [
    'imported under other names',
    `extend schema @link(url: "${federation}", import: [{ name: "@authenticated", as: "@signedIn" },
      { name: "@requiresScopes", as: "@may" }, { name: "@policy", as: "@rule" }]) ${guarded('signedIn', 'may', 'rule')}`,
  ],
  [
    'under the prefix of the federation',
    `extend schema @link(url: "${federation}", import: ["@key"])
      ${guarded('federation__authenticated', 'federation__requiresScopes', 'federation__policy')}`,
  ],
  [
    'under another prefix',
    `extend schema @link(url: "${federation}", as: "fed", import: ["@key"])
      ${guarded('fed__authenticated', 'fed__requiresScopes', 'fed__policy')}`,
  ],
  [
    'under each other’s names',
    `extend schema @link(url: "${federation}", import: [{ name: "@authenticated", as: "@private" },
      { name: "@requiresScopes", as: "@policy" }, { name: "@policy", as: "@requiresScope" }])
      ${guarded('private', 'policy', 'requiresScope')}`,
  ],
]
for (const [what, sdl] of renamed)
  test(`directives ${what} (GHSA-g8jh-vg5j-4h3f)`, async () => {
    const answer = { open: 'Query.open', a: null, b: null, c: null }
    await checked(open({ only: sdl }), [
      ['{ open a b c }', anonymous, answer, ['a', 'b', 'c']],
      ['{ open a b c }', { scopes: ['s'] }, { ...answer, a: 'Query.a', b: 'Query.b' }, ['c']],
      ['{ open a b c }', { policies: ['p'] }, { ...answer, c: 'Query.c' }, ['a', 'b']],
    ])
  })

const names = (links: string) =>
  Object.fromEntries(directivesOf(parse(`schema ${links} { query: Query } type Query { a: Int }`)))
const specs = 'https://specs.apollo.dev'

test('the names that links give', () => {
  assert.deepEqual(names(`@link(url: "${specs}/authenticated/v0.1", for: SECURITY)`), {
    authenticated: 'authenticated',
    authenticated__authenticated: 'authenticated',
  })
  const as = names(`@link(url: "${specs}/policy/v0.1", as: "rules")`)
  assert.deepEqual([as.rules, as.rules__policy, as.policy], ['policy', 'policy', undefined])
  const imported = names(
    `@link(url: "${specs}/requiresScopes/v0.1", import: { name: "@requiresScopes", as: "@may" })`,
  )
  assert.equal(imported.may, 'requiresScopes')
  assert.equal(names(`@link(url: "${specs}/policy/v0.1", import: ["Policy"])`).Policy, undefined)
  assert.deepEqual(
    names(`@link(url: "https://example.com/authenticated/v0.1", import: ["@authenticated"])`),
    {},
  )
  const extended = parse(`extend schema @link(url: "${specs}/policy/v0.1")`)
  assert.equal(directivesOf(extended).get('policy'), 'policy')
})

test('what cannot be read is met by nobody, and a value stands for a list', () => {
  const access = accessOf(
    parse(`schema @link(url: "${specs}/requiresScopes/v0.1") { query: Query }
      type Query { none: Int @requiresScopes odd: Int @requiresScopes(scopes: [[1], ["a"]]) empty: Int @requiresScopes(scopes: [])
        one: Int @requiresScopes(scopes: "a") flat: Int @requiresScopes(scopes: ["a", "b"]) }`),
  )
  const groups = ['none', 'odd', 'empty', 'one', 'flat'].map((field) => {
    const [rule] = access.ofField('Query', field, false)
    return rule && 'anyOf' in rule && rule.anyOf
  })
  assert.deepEqual(groups, [[], [['a']], [], [['a']], [['a'], ['b']]])
})

test('a directive of the same name that comes from elsewhere is another one', async () => {
  const own = `extend schema @link(url: "${federation}", import: ["@composeDirective"])
    @link(url: "https://example.com/own/v1.0", import: ["@authenticated"]) @composeDirective(name: "@authenticated")
    directive @authenticated on FIELD_DEFINITION type Query { open: String a: String @authenticated }`
  await checked(open({ only: own }), [['{ a }', anonymous, { a: 'Query.a' }, []]])
})
