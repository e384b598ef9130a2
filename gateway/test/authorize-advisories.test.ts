import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'graphql'
import { accessOf } from '../federation/authorize/access.ts'
import { directivesOf } from '../federation/authorize/directives.ts'
import { derived, keyed, media, people, peopleSdlBefore, priced } from './authorize/graphs.ts'
import { type Caller, compose, open, without } from './authorize/house.ts'

type Row = [query: string, caller: Caller, data: unknown, withheld: string[]]
const anonymous: Caller = {}
const member: Caller = { scopes: [] }

async function check({ ask, asked }: ReturnType<typeof open>, rows: readonly Row[]) {
  for (const [query, caller, data, withheld] of rows) {
    const answer = await ask(query, caller)
    assert.equal(JSON.stringify(answer.data), JSON.stringify(data), query)
    assert.deepEqual([answer.withheld, answer.others], [withheld, []], query)
  }
  return asked.map(({ query }) => query)
}

test('types behind an interface that asks nothing itself (GHSA-x33c-7c2v-mrj9)', async () => {
  const house = open(people, { sdl: peopleSdlBefore })
  const calls = await check(house, [
    ['{ nodes { id } open }', anonymous, { nodes: null, open: 'Query.open' }, ['nodes']],
    ['{ nodes { ... { id } } open }', anonymous, { nodes: null, open: 'Query.open' }, ['nodes']],
    ['{ nodes { ... on Node { i: id } open: __typename } }', anonymous, { nodes: null }, ['nodes.0.i']],
    ['{ nodes { ...N __typename } } fragment N on Node { id }', anonymous, { nodes: null }, ['nodes.0.id']],
    [
      '{ found { ... on Node { id } ... on Team { __typename } } }',
      anonymous,
      { found: null },
      ['found.0.id'],
    ],
    [
      '{ nodes { __typename ... on User { name } } }',
      anonymous,
      { nodes: [{ __typename: 'User', name: 'User.name' }, { __typename: 'Vault' }] },
      [],
    ],
    ['{ things { label } open }', anonymous, { things: null, open: 'Query.open' }, ['things']],
    [
      '{ things { size ... { label } } }',
      anonymous,
      { things: [both, both] },
      ['things.0.label', 'things.1.label'],
    ],
    ['{ things { ... on Bag { label } } }', anonymous, { things: [{}, { label: 'Bag.label' }] }, []],
  ])
  for (const call of calls) assert.doesNotMatch(call, /\bid\b/, call)
  await check(house, [['{ nodes { id } }', member, { nodes: [{ id: 'User.id' }, { id: 'Vault.id' }] }, []]])
})
const both = { size: 7, label: null }

test('an object of an interface is left out where it tells of itself what one of its types withholds', async () => {
  const shapes = {
    only: `type Query { shapes: [Shape!] } interface Shape { name: String size: Int }
      type Round implements Shape @authenticated { name: String size: Int } type Square implements Shape { name: String size: Int }`,
  }
  const calls = await check(open(shapes, { sdl: without(compose(shapes), ['Shape']) }), [
    ['{ shapes { name ... on Square { size } } }', anonymous, { shapes: null }, ['shapes']],
    [
      '{ shapes { __typename ... on Square { size } } }',
      anonymous,
      {
        shapes: [{ __typename: 'Round' }, { __typename: 'Square', size: 7 }],
      },
      [],
    ],
    [
      '{ shapes { ... { name } ... on Square { size } } }',
      anonymous,
      {
        shapes: [{ name: null }, { name: null, size: 7 }],
      },
      ['shapes.0.name', 'shapes.1.name'],
    ],
  ])
  assert.doesNotMatch(calls.join(), /\bname\b/)
})

test('ways around that other gateways have had', async () => {
  const calls = await check(open(people), [
    // A look at the schema beside it, another name, and the same name on a type that may be seen.
    [
      '{ __schema { __typename } secret }',
      anonymous,
      { __schema: { __typename: '__Schema' }, secret: null },
      ['secret'],
    ],
    ['{ open: secret secret: open }', anonymous, { open: null, secret: 'Query.open' }, ['open']],
    ['{ __typename: secret }', anonymous, { __typename: null }, ['__typename']],
    [
      '{ found { ... on User { x: name } ... on Vault { x: code } ... on Team { __typename } } }',
      anonymous,
      { found: [{ x: 'User.name' }, { x: null }, { __typename: 'Team' }] },
      ['found.1.x'],
    ],
    [
      '{ ...Gone open } fragment Gone on Query { ...Too } fragment Too on Query { secret }',
      anonymous,
      {
        secret: null,
        open: 'Query.open',
      },
      ['secret'],
    ],
  ])
  for (const call of calls) assert.doesNotMatch(call, /:secret|\{secret[^:]|code/, call)
})

test('interfaces that ask what their types ask (GHSA-mx7m-j9xf-62hw)', async () => {
  const sdl = compose(people)
  assert.match(sdl, /interface Node\s+@join__type\(graph: PEOPLE\)\s+@authenticated/)
  await check(open(people, { sdl: without(sdl, ['Vault']) }), [
    ['{ nodes { id } open }', anonymous, { nodes: null, open: 'Query.open' }, ['nodes']],
    ['{ node { ... on Vault { id } } open }', anonymous, { node: null, open: 'Query.open' }, ['node']],
    [
      '{ found { ... on Node { ... on Vault { code } } ... on Team { __typename } } }',
      anonymous,
      {
        found: [{}, { code: null }, { __typename: 'Team' }],
      },
      ['found.1.code'],
    ],
  ])
})

test('fields that are computed from what is withheld (GHSA-m8jr-fxqx-8xx6)', async () => {
  const sdl = compose(derived)
  assert.throws(
    () => compose({ ...derived, mail: derived.mail.replaceAll('@authenticated', '') }),
    /auth requirements to access the transitive field/,
  )
  for (const supergraph of [sdl, without(sdl, ['User.greeting', 'User.far'])]) {
    const calls = await check(open(derived, { sdl: supergraph }), [
      [
        '{ user { greeting name } }',
        anonymous,
        { user: { greeting: null, name: 'User.name' } },
        ['user.greeting'],
      ],
      ['{ user { far near } }', anonymous, { user: { far: null, near: 'User.near' } }, ['user.far']],
      ['{ user { email name } }', anonymous, { user: { email: null, name: 'User.name' } }, ['user.email']],
    ])
    for (const call of calls) assert.doesNotMatch(call, /email|street/)
    await check(open(derived, { sdl: supergraph }), [
      ['{ user { greeting far } }', member, { user: { greeting: 'User.greeting', far: 'User.far' } }, []],
    ])
  }
})

test('fields that an interface object computes from what is withheld', async () => {
  const sdl = without(compose(priced), ['Media.sold', 'Book.sold', 'Film.sold'])
  assert.doesNotMatch(sdl, /sold.*@authenticated/)
  const house = open(priced, { sdl })
  const calls = await check(house, [
    ['{ book { sold rating } }', anonymous, { book: { sold: null, rating: 'Media.rating' } }, ['book.sold']],
    [
      '{ media { ... on Film { sold } id } }',
      anonymous,
      { media: [{ id: 'Book.id' }, { sold: null, id: 'Film.id' }] },
      ['media.1.sold'],
    ],
    ['{ media { sold rating } }', anonymous, { media: [unsold, unsold] }, ['media.0.sold', 'media.1.sold']],
  ])
  for (const call of calls) assert.doesNotMatch(call, /price|sold/)
  await check(house, [['{ book { sold } }', member, { book: { sold: 'Media.sold' } }, []]])
})
const unsold = { sold: null, rating: 'Media.rating' }

test('a key that is withheld joins, and is not told', async () => {
  const house = open(keyed)
  const calls = await check(house, [
    ['{ doc { name text } }', anonymous, { doc: { name: 'Doc.name', text: 'Doc.text' } }, []],
    ['{ docs { text __typename } }', anonymous, { docs: [doc, doc] }, []],
    ['{ doc { id text } }', anonymous, { doc: null }, ['doc.id']],
    ['{ doc { x: id text } }', anonymous, { doc: null }, ['doc.x']],
    ['{ doc { id text } }', member, { doc: { id: 'Doc.id', text: 'Doc.text' } }, []],
  ])
  assert.match(calls[0]!, /\{doc\{__typename id name\}\}/)
})
test('how a key fails that is withheld is not told in its place', async () => {
  const { ask, sources } = open(keyed)
  const path = ['doc', 'id']
  sources.names!.fetch = async () => ({
    data: { doc: { __typename: 'Doc', id: null } },
    errors: [{ message: 'no id 7', path, extensions: { code: 'NOT_FOUND' } }],
  })
  const { data, withheld, others } = await ask('{ doc { x: id text } }')
  assert.deepEqual([data, withheld], [{ doc: null }, ['doc.x']])
  const plain = await ask('{ doc { id text } }')
  assert.deepEqual([plain.data, plain.withheld, plain.others], [{ doc: null }, ['doc.id'], others])
})

const doc = { text: 'Doc.text', __typename: 'Doc' }

test('an interface that is an object elsewhere, and guards what it adds', async () => {
  const calls = await check(open(media), [
    [
      '{ media { title sold } }',
      anonymous,
      { media: [untold('Book'), untold('Film')] },
      ['media.0.sold', 'media.1.sold'],
    ],
    ['{ book { sold pages } }', anonymous, { book: { sold: null, pages: 7 } }, ['book.sold']],
    [
      '{ media { ... on Film { sold } title } }',
      anonymous,
      { media: [{ title: 'Book.title' }, { sold: null, title: 'Film.title' }] },
      ['media.1.sold'],
    ],
    [
      '{ media { rating } }',
      anonymous,
      { media: [{ rating: 'Media.rating' }, { rating: 'Media.rating' }] },
      [],
    ],
  ])
  for (const call of calls) assert.doesNotMatch(call, /sold/)
  await check(open(media), [['{ book { sold } }', member, { book: { sold: 'Media.sold' } }, []]])
})
const untold = (type: string) => ({ title: `${type}.title`, sold: null })

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
    await check(open({ only: sdl }), [
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
  await check(open({ only: own }), [['{ a }', anonymous, { a: 'Query.a' }, []]])
})

test('the type of the root', async () => {
  const guarded = {
    only: 'type Query @authenticated { a: String b: String } type Mutation { c: Query d: Int }',
  }
  const house = open(guarded)
  const calls = await check(house, [
    ['{ a x: b __typename }', anonymous, { a: null, x: null, __typename: 'Query' }, ['a', 'x']],
    ['mutation { c { a } d }', anonymous, { c: null, d: 7 }, ['c']],
    ['{ __schema { queryType { name } } }', anonymous, { __schema: { queryType: { name: 'Query' } } }, []],
  ])
  assert.deepEqual(calls, ['mutation{d}'])
  await check(house, [['{ a }', member, { a: 'Query.a' }, []]])
})
