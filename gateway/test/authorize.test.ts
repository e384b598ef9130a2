import { people } from './authorize/graphs.ts'
import { open } from './authorize/house.ts'
import { anonymous, check, member, met, scoped } from './authorize/rows.ts'

const house = open(people)
const bare = { open: 'Query.open' }
check(house, [
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

check(house, [
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
check(house, [
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

check(house, [
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

check(house, [
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
