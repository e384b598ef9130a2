import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'graphql'
import { accessOf } from '../federation/authorize/access.ts'
import { guardsOf } from '../federation/authorize/guards.ts'
import type { Refused } from '../federation/authorize/judge.ts'
import { viewOf } from '../federation/authorize/view.ts'
import { operationIn } from '../federation/compile/names.ts'
import { people } from './authorize/graphs.ts'
import { type Caller, compose, open } from './authorize/house.ts'

const sdl = compose(people)
const query = '{ open users { name email } me { vault { code } name } }'
const member: Caller = { scopes: [] }
const ada = { name: 'User.name', email: null }
const filtered = { open: 'Query.open', users: [ada, ada], me: { vault: null, name: 'User.name' } }

test('rejecting answers nothing where anything is withheld, and asks nobody', async () => {
  const refused: Refused[] = []
  const { ask, raw, asked } = open(people, { sdl, mode: 'reject', onRefused: (of) => refused.push(of) })
  const answer = await ask(query)
  assert.equal(answer.data, undefined)
  assert.deepEqual(answer.withheld, ['users', 'me.vault'])
  assert.equal(asked.length, 0)
  const { errors } = await raw(parse(query), {})
  assert.deepEqual(errors![0]!.extensions, { code: 'UNAUTHORIZED_FIELD_OR_TYPE', http: { status: 403 } })
  assert.deepEqual(
    refused.slice(1).map(({ coordinates, dryRun }) => [coordinates, dryRun]),
    [[['User.email', 'User.vault'], false]],
  )
  assert.equal((await ask('{ open }')).data.open, 'Query.open')
  assert.equal((await ask('{ me { email } }', member)).data.me.email, 'User.email')
  assert.equal((await ask('{ open secret @skip(if: true) }')).data.open, 'Query.open')
  const quiet = await open(people, { sdl, mode: 'reject', errors: 'disabled' }).ask(query)
  assert.deepEqual([quiet.data, quiet.withheld], [undefined, ['']])
})

test('errors can stand among the extensions, or nowhere', async () => {
  const extended = await open(people, { sdl, errors: 'extensions' }).ask(query)
  assert.deepEqual([extended.data, extended.withheld, extended.others], [filtered, [], []])
  const code = 'UNAUTHORIZED_FIELD_OR_TYPE'
  assert.deepEqual(extended.extensions, {
    authorizationErrors: [
      ['users', 0, 'email'],
      ['users', 1, 'email'],
      ['me', 'vault'],
    ].map((path) => ({
      message: 'Unauthorized field or type',
      path,
      extensions: { code },
    })),
  })
  const quiet = open(people, { sdl, errors: 'disabled' })
  const { data, withheld, others, extensions } = await quiet.ask(query)
  assert.deepEqual([data, withheld, others, extensions], [filtered, [], [], undefined])
  const spread = await quiet.ask('{ must open }')
  assert.deepEqual([spread.data, spread.withheld, spread.others], [null, [], []])
})

test('a dry run answers everything, and tells what it would have withheld', async () => {
  const refused: Refused[] = []
  for (const mode of ['filter', 'reject'] as const) {
    const { ask } = open(people, { sdl, mode, dryRun: true, onRefused: (of) => refused.push(of) })
    const answer = await ask('query Q { secret me { email } open }')
    assert.deepEqual(answer.data, {
      secret: 'Query.secret',
      me: { email: 'User.email' },
      open: 'Query.open',
    })
    assert.deepEqual([answer.withheld, answer.extensions], [[], undefined])
    await ask('{ secret }', member)
  }
  const told = {
    coordinates: ['Query.secret', 'User.email'],
    dryRun: true,
    context: {},
    operationName: 'Q',
  }
  assert.deepEqual(refused, [told, told])
})

test('of many elements a hundred say what they lack', async () => {
  const { ask, sources } = open(people, { sdl })
  sources.people!.fetch = async () => ({
    data: { users: Array.from({ length: 300 }, () => ({ name: 'n', __typename: 'User' })) },
  })
  const { data, withheld, others } = await ask('{ users { name email level } }')
  assert.equal(data.users.length, 300)
  assert.deepEqual(data.users[299], { name: 'n', email: null, level: null })
  assert.deepEqual([withheld.length, others.length], [200, 0])
  assert.deepEqual([withheld[0], withheld[199]], ['users.0.email', 'users.99.level'])
})

test('policies that throw, hang, or are decided by nobody are not met', async () => {
  const never = new Promise<never>(() => {})
  for (const policies of [
    undefined,
    async () => {
      throw new Error('the policies are down')
    },
    () => {
      throw new Error('at once')
    },
    () => never,
  ]) {
    const { ask } = open(people, { sdl, policies, deadlineMs: 50 })
    const { data, withheld } = await ask('{ ruled open }', { policies: ['staff'] })
    assert.deepEqual([data, withheld], [{ ruled: null, open: 'Query.open' }, ['ruled']])
  }
})

test('policies are asked of once, by name, and only where an operation names them', async () => {
  const asked: (readonly string[])[] = []
  const { ask } = open(people, {
    sdl,
    policies: async (names) => {
      asked.push(names)
      return new Set(['staff', 'more'])
    },
  })
  await ask('{ open secret }')
  assert.equal(asked.length, 0)
  assert.equal((await ask('{ ruled all }', { scopes: ['a'] })).data.all, 'Query.all')
  assert.equal(asked.length, 1)
  assert.deepEqual([...asked[0]!].toSorted(), ['adult', 'local', 'staff'])
})

test('an operation that asks nothing of anybody does not ask who asks', async () => {
  let times = 0
  const { ask } = open(people, {
    sdl,
    claimsOf: () => {
      times++
      return null
    },
  })
  await ask('{ open me { name friends { title } } byLevel(level: LOW) __typename }')
  assert.equal(times, 0)
  await ask('{ secret }')
  assert.equal(times, 1)
})

test('callers of one engine never get what was planned for others', async () => {
  const { ask, asked } = open(people, { sdl })
  const query = '{ open scoped secret me { name phone salary { amount } } }'
  const callers: Caller[] = [{}, member, { scopes: ['admin', 'pii'] }, { scopes: ['a', 'b', 'pay', 'pii'] }]
  const seen = (caller: Caller, ...scopes: string[]) =>
    scopes.every((scope) => caller.scopes?.includes(scope))
  const expected = (caller: Caller) => ({
    open: 'Query.open',
    scoped: seen(caller, 'admin') || seen(caller, 'a', 'b') ? 'Query.scoped' : null,
    secret: caller.scopes ? 'Query.secret' : null,
    me: seen(caller, 'pii')
      ? {
          name: 'User.name',
          phone: 'User.phone',
          salary: seen(caller, 'pay') ? { amount: 'Salary.amount' } : null,
        }
      : null,
  })
  for (let round = 0; round < 5; round++)
    for (const caller of callers) {
      asked.length = 0
      assert.deepEqual((await ask(query, caller)).data, expected(caller))
      assert.equal(/phone/.test(asked[0]!.query), seen(caller, 'pii'))
    }
  const all = await Promise.all(
    [...callers, ...callers].map(async (caller) => (await ask(query, caller)).data),
  )
  assert.deepEqual(all, [...callers, ...callers].map(expected))
})

test('callers who meet the same share a plan', async () => {
  let planned = 0
  const { ask } = open(people, { sdl, onPlan: () => planned++ })
  const ofScopes = (...scopes: string[]) => ask('{ scoped open }', { scopes })
  for (const scopes of [[], ['a'], ['b'], ['pii']]) await ofScopes(...scopes)
  assert.equal(planned, 1)
  for (const scopes of [['a', 'b'], ['admin'], ['admin', 'a']]) await ofScopes(...scopes)
  assert.equal(planned, 2)
})

test('a document of several operations is judged by the one that runs', async () => {
  const { ask } = open(people, { sdl, mode: 'reject' })
  const document = 'query A { open } query B { secret open }'
  assert.deepEqual((await ask(document, {}, {}, 'A')).data, { open: 'Query.open' })
  assert.deepEqual((await ask(document, {}, {}, 'B')).withheld, ['secret'])
})

test('without anybody who knows claims, nobody sees what is guarded', async () => {
  const { ask } = open(people, { sdl, isAlone: true })
  const { data, withheld } = await ask('{ open secret }', member)
  assert.deepEqual([data, withheld], [{ open: 'Query.open', secret: null }, ['secret']])
})

test('a judgement that does not speak of a requirement has not met it', () => {
  const document = parse('{ open secret scoped }')
  const operation = operationIn(document, undefined)!
  const guarded = guardsOf(accessOf(parse(sdl)), operation, { root: 'Query', fragments: new Map() })
  const refused = (judgement: string) =>
    viewOf(
      { document, guarded },
      { judgement, dryRun: false },
      { decisions: new Map(), toClient: (name) => name },
    ).refusals.map(({ coordinate }) => coordinate)
  assert.deepEqual(['', '1', '10', '11'].map(refused), [
    ['Query.secret', 'Query.scoped'],
    ['Query.scoped'],
    ['Query.scoped'],
    [],
  ])
})
