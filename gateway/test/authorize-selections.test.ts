import { people } from './authorize/graphs.ts'
import { open } from './authorize/house.ts'
import { anonymous, check, member } from './authorize/rows.ts'

const house = open(people)
const bare = { open: 'Query.open' }
const ada = { name: 'User.name', email: null }

check(house, [
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
check(house, [
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
