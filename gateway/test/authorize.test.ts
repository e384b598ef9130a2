import assert from 'node:assert/strict'
import { test } from 'node:test'
import { people } from './authorize/graphs.ts'
import { type Caller, open } from './authorize/house.ts'

type Row = [
  what: string,
  query: string,
  caller: Caller,
  data: unknown,
  withheld: string[],
  also?: { variables?: Record<string, unknown>; calls?: string[] },
]
const anonymous: Caller = {}
const member: Caller = { scopes: [] }
const scoped = (...scopes: string[]): Caller => ({ scopes })
const met = (...policies: string[]): Caller => ({ policies })

const { ask, asked } = open(people)
const check = (rows: readonly Row[]) => {
  for (const [what, query, caller, data, withheld, { variables = {}, calls } = {}] of rows)
    test(`${what}: ${query}`, async () => {
      asked.length = 0
      const answer = await ask(query, caller, variables)
      assert.equal(JSON.stringify(answer.data), JSON.stringify(data))
      assert.deepEqual(answer.withheld, withheld)
      assert.deepEqual(answer.others, [])
      if (calls)
        assert.deepEqual(
          asked.map(({ subgraph, query }) => `${subgraph} ${query}`),
          calls,
        )
    })
}

const bare = { open: 'Query.open' }
check([
  ['a field', '{ open secret }', anonymous, { ...bare, secret: null }, ['secret']],
  ['a field, seen', '{ open secret }', member, { ...bare, secret: 'Query.secret' }, []],
  ['no scopes', '{ scoped }', anonymous, { scoped: null }, ['scoped'], { calls: [] }],
  ['half of a group', '{ scoped }', scoped('a'), { scoped: null }, ['scoped']],
  ['halves of two groups', '{ scoped }', scoped('b', 'x'), { scoped: null }, ['scoped']],
  ['a whole group', '{ scoped }', scoped('b', 'a'), { scoped: 'Query.scoped' }, []],
  ['the other group', '{ scoped }', scoped('admin'), { scoped: 'Query.scoped' }, []],
  ['no policy', '{ ruled }', member, { ruled: null }, ['ruled']],
  ['half of the policies', '{ ruled }', met('adult'), { ruled: null }, ['ruled']],
  ['all policies of a group', '{ ruled }', met('adult', 'local'), { ruled: 'Query.ruled' }, []],
  ['a scope is no policy', '{ ruled }', scoped('staff'), { ruled: null }, ['ruled']],
  ['a policy is no scope', '{ scoped }', { scopes: [], policies: ['admin'] }, { scoped: null }, ['scoped']],
  ['two of three', '{ all }', scoped('a'), { all: null }, ['all']],
  ['two others of three', '{ all }', { scopes: [], policies: ['staff'] }, { all: null }, ['all']],
  ['all three', '{ all }', { scopes: ['a'], policies: ['staff'] }, { all: 'Query.all' }, []],
])

check([
  ['an object', '{ vault { code } open }', anonymous, { vault: null, ...bare }, ['vault']],
  ['an object, seen', '{ vault { code } }', member, { vault: { code: 'Vault.code' } }, []],
  ['a list of objects', '{ vaults { id } open }', anonymous, { vaults: null, ...bare }, ['vaults']],
  [
    'an object inside',
    '{ me { vault { id } name } }',
    anonymous,
    { me: { vault: null, name: 'User.name' } },
    ['me.vault'],
  ],
  ['an enum', '{ level open }', anonymous, { level: null, ...bare }, ['level']],
  ['an enum, seen', '{ level }', member, { level: 'LOW' }, []],
  ['a scalar', '{ token open }', member, { token: null, ...bare }, ['token']],
  ['a scalar, seen', '{ token }', scoped('tokens'), { token: 'Query.token' }, []],
  ['what is sent in', '{ byLevel(level: LOW, token: "x") }', anonymous, { byLevel: 'Query.byLevel' }, []],
  [
    'the type of an object that is withheld',
    '{ vault { __typename } }',
    anonymous,
    { vault: null },
    ['vault'],
  ],
])

const ada = { name: 'User.name', email: null }
check([
  [
    'each element of a list',
    '{ users { name email } }',
    anonymous,
    { users: [ada, ada] },
    ['users.0.email', 'users.1.email'],
    { calls: ['people {users{name}}'] },
  ],
  [
    'lists of lists',
    '{ grid { name email } }',
    anonymous,
    {
      grid: [
        [ada, ada],
        [ada, ada],
      ],
    },
    ['grid.0.0.email', 'grid.0.1.email', 'grid.1.0.email', 'grid.1.1.email'],
  ],
  ['what may not be null', '{ must open }', anonymous, null, ['must']],
  ['an object that may not be null', '{ solid { id } open }', anonymous, null, ['solid']],
  [
    'a null in a list',
    '{ users { name phone } open }',
    anonymous,
    { users: null, ...bare },
    ['users.0.phone'],
  ],
  ['a null that goes to the root', '{ grid { name phone } }', anonymous, null, ['grid.0.0.phone']],
  [
    'all of an object that may not be null',
    '{ team { lead { phone } members { name } } open }',
    anonymous,
    { team: null, ...bare },
    ['team.lead.phone'],
    { calls: ['people {team{members{name}}open}'] },
  ],
  [
    'all of an object',
    '{ me { email level } }',
    anonymous,
    { me: null },
    ['me.email', 'me.level'],
    { calls: [] },
  ],
  [
    'all of objects in a list',
    '{ me { name friends { email phone } } }',
    anonymous,
    { me: { name: 'User.name', friends: null } },
    ['me.friends'],
    { calls: ['people {me{name}}'] },
  ],
  [
    'all but the type',
    '{ me { __typename email } }',
    anonymous,
    { me: { __typename: 'User', email: null } },
    ['me.email'],
  ],
  [
    'the root again',
    '{ again { again { secret open } } }',
    anonymous,
    { again: { again: { secret: null, ...bare } } },
    ['again.again.secret'],
  ],
])

check([
  [
    'aliases',
    '{ x: secret y: open me { open: email email: name } }',
    anonymous,
    { x: null, y: 'Query.open', me: { open: null, email: 'User.name' } },
    ['x', 'me.open'],
  ],
  [
    'an alias with the name of a key',
    '{ me { id: email title } }',
    anonymous,
    { me: { id: null, title: 'User.title' } },
    ['me.id'],
  ],
  [
    'a named fragment in two places',
    '{ me { ...F } users { ...F } } fragment F on User { name email }',
    anonymous,
    { me: ada, users: [ada, ada] },
    ['me.email', 'users.0.email', 'users.1.email'],
  ],
  [
    'a fragment in a fragment',
    '{ me { ...A } } fragment A on User { ... { ...B } name } fragment B on User { email }',
    anonymous,
    { me: { email: null, name: 'User.name' } },
    ['me.email'],
  ],
  [
    'a fragment of the root',
    '{ open ...V } fragment V on Query { vault { code } }',
    anonymous,
    { ...bare, vault: null },
    ['vault'],
    { calls: ['people {open}'] },
  ],
  [
    'a fragment that is seen at one place only',
    '{ me { ...F } again { secret } found { ... on User { ...F } ... on Vault { ...G } } } fragment F on User { name } fragment G on Vault { code }',
    anonymous,
    { me: { name: 'User.name' }, again: null, found: [{ name: 'User.name' }, { code: null }, {}] },
    ['again.secret', 'found.1.code'],
  ],
  [
    'a fragment that is withheld at one place only',
    '{ found { ... on Node { ...F } ... on Team { lead { name } } } me { ...F } } fragment F on User { name }',
    anonymous,
    { found: [{ name: null }, {}, { lead: { name: 'User.name' } }], me: { name: 'User.name' } },
    ['found.0.name'],
  ],
  [
    'one object asked for twice',
    '{ me { email } me { name } }',
    anonymous,
    { me: { email: null, name: 'User.name' } },
    ['me.email'],
  ],
  [
    'one field asked for twice',
    '{ me { email } ... { me { email level } } }',
    anonymous,
    { me: null },
    ['me.email', 'me.level'],
    { calls: [] },
  ],
])

const of = (typename: string, fields: object) => ({ __typename: typename, ...fields })
check([
  [
    'members of a union',
    '{ found { __typename ... on User { name email } ... on Vault { code } ... on Team { lead { name } } } }',
    anonymous,
    { found: [of('User', ada), of('Vault', { code: null }), of('Team', { lead: { name: 'User.name' } })] },
    ['found.0.email', 'found.1.code'],
    { calls: ['people {found{__typename ...on User{name}...on Team{lead{name}}}}'] },
  ],
  [
    'only a member that is withheld',
    '{ found { ... on Vault { code } } open }',
    anonymous,
    { found: null, ...bare },
    ['found'],
  ],
  [
    'the types of a union',
    '{ found { __typename } }',
    anonymous,
    {
      found: [of('User', {}), of('Vault', {}), of('Team', {})],
    },
    [],
  ],
  [
    'a union by an interface',
    '{ found { ... on Node { x: id } ... on Team { lead { name } } } }',
    anonymous,
    { found: null },
    ['found.0.x'],
  ],
  ['an interface', '{ nodes { id } open }', anonymous, { nodes: null, ...bare }, ['nodes']],
  [
    'an interface, by its types',
    '{ nodes { ... on User { name } } open }',
    anonymous,
    { nodes: null, ...bare },
    ['nodes'],
  ],
  ['an interface, seen', '{ nodes { id } }', member, { nodes: [{ id: 'User.id' }, { id: 'Vault.id' }] }, []],
  ['a field of an interface', '{ things { size } }', anonymous, { things: [{ size: 7 }, { size: 7 }] }, []],
  [
    'a field of an interface that one type withholds',
    '{ things { label size } }',
    anonymous,
    {
      things: [
        { label: null, size: 7 },
        { label: null, size: 7 },
      ],
    },
    ['things.0.label', 'things.1.label'],
    { calls: ['people {things{__typename size}}'] },
  ],
  [
    'that field on the type that does not',
    '{ things { ... on Bag { label } ... on Box { width } } }',
    anonymous,
    { things: [{ width: 7 }, { label: 'Bag.label' }] },
    [],
  ],
  [
    'that field on all, and on the type that does not',
    '{ things { label ... on Bag { label } } }',
    anonymous,
    { things: [{ label: null }, { label: 'Bag.label' }] },
    ['things.0.label'],
  ],
  [
    'that field on the type that does',
    '{ things { ... on Box { label } size } }',
    anonymous,
    { things: [{ label: null, size: 7 }, { size: 7 }] },
    ['things.0.label'],
  ],
])

check([
  [
    'a mutation',
    'mutation { open { name email } close { name } }',
    anonymous,
    { open: ada, close: null },
    ['open.email', 'close'],
    { calls: ['people mutation{open{name}}'] },
  ],
  [
    'a mutation of which nothing is left is not made',
    'mutation { open(id: "1") { email } count }',
    anonymous,
    { open: null, count: 7 },
    ['open.email'],
    { calls: ['people mutation{count}'] },
  ],
  [
    'what is not asked for',
    'query ($on: Boolean!) { secret @include(if: $on) open }',
    anonymous,
    bare,
    [],
    {
      variables: { on: false },
    },
  ],
  [
    'what is asked for',
    'query ($on: Boolean!) { secret @include(if: $on) open }',
    anonymous,
    { secret: null, ...bare },
    ['secret'],
    { variables: { on: true } },
  ],
  [
    'all that is left',
    'query ($on: Boolean!) { me { name @include(if: $on) email } }',
    anonymous,
    { me: null },
    ['me.email'],
    { variables: { on: false }, calls: [] },
  ],
  ['nothing asked for, nothing withheld', '{ me { email @skip(if: true) } }', anonymous, { me: {} }, []],
  [
    'the type of the root',
    '{ __typename secret }',
    anonymous,
    { __typename: 'Query', secret: null },
    ['secret'],
    {
      calls: [],
    },
  ],
  [
    'the schema',
    '{ __type(name: "Vault") { fields { name } } vault { code } }',
    anonymous,
    { __type: { fields: [{ name: 'id' }, { name: 'code' }] }, vault: null },
    ['vault'],
    { calls: [] },
  ],
])

check([
  [
    'another subgraph',
    '{ me { name title salary { amount } account { number } } }',
    anonymous,
    { me: { name: 'User.name', title: 'User.title', salary: null, account: null } },
    ['me.salary', 'me.account'],
    {
      calls: [
        'people {me{__typename id name}}',
        'pay query($representations:[_Any!]!){_entities(representations:$representations){...on User{title}}}',
      ],
    },
  ],
  [
    'another subgraph of which nothing is left',
    '{ me { name account { number } } }',
    anonymous,
    { me: { name: 'User.name', account: null } },
    ['me.account'],
    { calls: ['people {me{name}}'] },
  ],
  [
    'another subgraph, seen',
    '{ me { salary { amount } account { number } } }',
    scoped('pay'),
    { me: { salary: { amount: 'Salary.amount' }, account: { number: 'Account.number' } } },
    [],
  ],
])
