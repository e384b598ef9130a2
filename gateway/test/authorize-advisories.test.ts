import assert from 'node:assert/strict'
import { test } from 'node:test'
import { derived, keyed, media, people, peopleSdlBefore, priced } from './authorize/graphs.ts'
import { compose, open, without } from './authorize/house.ts'
import { anonymous, checked, member } from './authorize/rows.ts'

test('types behind an interface that asks nothing itself (GHSA-x33c-7c2v-mrj9)', async () => {
  const house = open(people, { sdl: peopleSdlBefore })
  const calls = await checked(house, [
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
  await checked(house, [['{ nodes { id } }', member, { nodes: [{ id: 'User.id' }, { id: 'Vault.id' }] }, []]])
})
const both = { size: 7, label: null }

test('an object of an interface is left out where it tells of itself what one of its types withholds', async () => {
  const shapes = {
    only: `type Query { shapes: [Shape!] } interface Shape { name: String size: Int }
      type Round implements Shape @authenticated { name: String size: Int } type Square implements Shape { name: String size: Int }`,
  }
  const calls = await checked(open(shapes, { sdl: without(compose(shapes), ['Shape']) }), [
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
  const calls = await checked(open(people), [
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
  await checked(open(people, { sdl: without(sdl, ['Vault']) }), [
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
    const calls = await checked(open(derived, { sdl: supergraph }), [
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
    await checked(open(derived, { sdl: supergraph }), [
      ['{ user { greeting far } }', member, { user: { greeting: 'User.greeting', far: 'User.far' } }, []],
    ])
  }
})

test('fields that an interface object computes from what is withheld', async () => {
  const sdl = without(compose(priced), ['Media.sold', 'Book.sold', 'Film.sold'])
  assert.doesNotMatch(sdl, /sold.*@authenticated/)
  const house = open(priced, { sdl })
  const calls = await checked(house, [
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
  await checked(house, [['{ book { sold } }', member, { book: { sold: 'Media.sold' } }, []]])
})
const unsold = { sold: null, rating: 'Media.rating' }

test('a key that is withheld joins, and is not told', async () => {
  const house = open(keyed)
  const calls = await checked(house, [
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
  const calls = await checked(open(media), [
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
  await checked(open(media), [['{ book { sold } }', member, { book: { sold: 'Media.sold' } }, []]])
})
const untold = (type: string) => ({ title: `${type}.title`, sold: null })

test('the type of the root', async () => {
  const guarded = {
    only: 'type Query @authenticated { a: String b: String } type Mutation { c: Query d: Int }',
  }
  const house = open(guarded)
  const calls = await checked(house, [
    ['{ a x: b __typename }', anonymous, { a: null, x: null, __typename: 'Query' }, ['a', 'x']],
    ['mutation { c { a } d }', anonymous, { c: null, d: 7 }, ['c']],
    ['{ __schema { queryType { name } } }', anonymous, { __schema: { queryType: { name: 'Query' } } }, []],
  ])
  assert.deepEqual(calls, ['mutation{d}'])
  await checked(house, [['{ a }', member, { a: 'Query.a' }, []]])
})
