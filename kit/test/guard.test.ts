import assert from 'node:assert/strict'
import { test } from 'node:test'
import { execute, type GraphQLSchema, parse } from 'graphql'
import { createBuilder, reference, subgraphOptions } from '../builder.ts'
import type { Context } from '../context.ts'
import { anonymous, type Member, type Permission, type Viewer } from '../viewer.ts'

type Row = { id: string }
type Builder = ReturnType<typeof createBuilder<unknown>>

const key = {
  needs: 'alerts:read',
  fields: (t: never) => ({ id: (t as { exposeID(name: string): never }).exposeID('id') }),
}

/** A schema with one open field and what is added to it. */
function schemaOf(add: (builder: Builder) => void): GraphQLSchema {
  const builder = createBuilder<unknown>()
  builder.queryField('health', (t) =>
    t.string({ skipTypeScopes: true, authScopes: { open: 'Of the test' }, resolve: () => 'ok' }),
  )
  add(builder)
  return builder.toSubGraphSchema(subgraphOptions)
}

const forgotten: [what: string, add: (builder: Builder) => void, says: RegExp][] = [
  [
    'a query',
    (b) => b.queryField('alert', (t) => t.string({ resolve: () => '' })),
    /^Query\.alert has no rule/,
  ],
  [
    'a mutation',
    (b) => {
      b.mutationType({ authScopes: { signedIn: true } })
      b.mutationField('close', (t) => t.string({ resolve: () => '' }))
    },
    /^Mutation\.close has no rule/,
  ],
  [
    'a subscription',
    (b) => {
      b.subscriptionType({ authScopes: { signedIn: true } })
      b.subscriptionField('closed', (t) => t.string({ subscribe: async function* () {}, resolve: () => '' }))
    },
    /^Subscription\.closed has no rule/,
  ],
  ...[{}, { $all: {} }, { open: '' }, { signedIn: false }, () => ({ signedIn: true })].map(
    (authScopes): (typeof forgotten)[number] => [
      `a rule that says nothing: ${JSON.stringify(authScopes) ?? 'a function'}`,
      (b) => b.queryField('alert', (t) => t.string({ authScopes: authScopes as never, resolve: () => '' })),
      /^Query\.alert has no rule/,
    ],
  ),
  [
    'a type',
    (b) => b.objectRef<Row>('Alert').implement({ ...key, needs: undefined } as never),
    /^Alert does not say/,
  ],
  [
    'an entity that would inherit',
    (b) => {
      const alert = b.objectRef<Row>('Alert').implement({ ...key, needs: 'inherited' } as never)
      b.asEntity(alert, { key: b.selection<Row>('id'), resolveReference: ({ id }) => ({ id }) })
    },
    /^Alert is an entity/,
  ],
  [
    'a field that extends an entity',
    (b) =>
      b.externalRef('Asset', b.selection<Row>('id')).implement({
        needs: 'inherited',
        externalFields: (t) => ({ id: t.id({ nullable: false }) }),
        fields: (t) => ({ alerts: t.int({ resolve: () => 1 }) }),
      }),
    /^Asset\.alerts has no rule/,
  ],
  [
    'a peer of what everybody sees',
    (b) => b.queryField('standing', (t) => t.string({ authScopes: { peer: 'door' }, resolve: () => '' })),
    /^Query\.standing must be inaccessible/,
  ],
  [
    'what is inaccessible and for everybody',
    (b) =>
      b.queryField('standing', (t) =>
        t.string({ inaccessible: true, authScopes: { signedIn: true }, resolve: () => '' }),
      ),
    /^Query\.standing must be inaccessible/,
  ],
]

for (const [what, add, message] of forgotten)
  test(`a schema is refused that forgets the rule of ${what}`, () => {
    assert.throws(() => schemaOf(add), { message })
  })

const member = (...permissions: Permission[]): Member => ({
  kind: 'member',
  ...{ accountId: 'a', userId: 'u', organizationId: 'o', role: 'api', permissions },
})

/** Alerts and their owners: one may be allowed to read the first and not the second. */
const guarded = schemaOf((builder) => {
  const user = builder.objectRef<Row>('User').implement({ ...key, needs: 'users:read' } as never)
  builder.asEntity(user, {
    key: builder.selection<Row>('id'),
    // Guards nothing itself: the type does.
    resolveReference: ({ id }) => ({ id }),
  })
  const alert = builder.objectRef<Row>('Alert').implement({
    needs: 'alerts:read',
    fields: (t) => ({
      id: t.exposeID('id'),
      owner: t.field({ type: user, nullable: true, resolve: () => ({ id: 'owner' }) }),
      author: t.field({ type: user, nullable: true, needs: 'signedIn', resolve: () => ({ id: 'author' }) }),
    }),
  })
  const payload = builder.objectRef<Row>('ClosePayload').implement({
    needs: 'inherited',
    fields: (t) => ({ alert: t.field({ type: alert, nullable: true, resolve: (row) => row }) }),
  })
  const loose = builder.objectRef<Row>('Loose').implement({
    needs: 'inherited',
    fields: (t) => ({ alert: t.field({ type: alert, nullable: true, resolve: (row) => row }) }),
  })
  builder.queryField('alert', (t) =>
    t.field({ type: alert, authScopes: { permission: 'alerts:read' }, resolve: () => ({ id: '1' }) }),
  )
  builder.queryField('loose', (t) =>
    t.field({ type: loose, authScopes: { signedIn: true }, resolve: () => ({ id: '1' }) }),
  )
  builder.mutationType({ authScopes: { signedIn: true } })
  builder.mutationField('close', (t) =>
    t.field({ type: payload, authScopes: { permission: 'alerts:write' }, resolve: () => ({ id: '1' }) }),
  )
})

async function ask(viewer: Viewer, query: string) {
  const contextValue = { viewer, service: 'gateway' } as Context<unknown>
  const { data, errors = [] } = await execute({ schema: guarded, document: parse(query), contextValue })
  return {
    data: JSON.parse(JSON.stringify(data ?? null)),
    codes: errors.map(({ extensions }) => extensions.code),
  }
}

test('a type is guarded wherever it hangs', async () => {
  const { data, codes } = await ask(member('alerts:read'), '{ alert { id owner { id } author { id } } }')
  assert.deepEqual(data, { alert: { id: '1', owner: null, author: { id: 'author' } } })
  assert.deepEqual(codes, ['FORBIDDEN'])
  const both = await ask(member('alerts:read', 'users:read'), '{ alert { owner { id } } }')
  assert.deepEqual(both, { data: { alert: { owner: { id: 'owner' } } }, codes: [] })
})

test('what inherits passes on no more than what gave it', async () => {
  const { data, codes } = await ask(member('users:read'), '{ loose { alert { id } } }')
  assert.deepEqual([data, codes], [{ loose: { alert: null } }, ['FORBIDDEN']])
})

test('who may change a thing is shown what they changed', async () => {
  const answer = await ask(member('alerts:write'), 'mutation { close { alert { id owner { id } } } }')
  assert.deepEqual(answer, { data: { close: { alert: { id: '1', owner: null } } }, codes: ['FORBIDDEN'] })
})

test('an entity is guarded where no field was crossed', async () => {
  const entities = '{ _entities(representations: [{ __typename: "User", id: "1" }]) { ... on User { id } } }'
  for (const viewer of [anonymous, member('alerts:read')]) {
    const { data, codes } = await ask(viewer, entities)
    assert.deepEqual(data, { _entities: [null] })
    assert.deepEqual(codes, [viewer.kind === 'member' ? 'FORBIDDEN' : 'UNAUTHENTICATED'])
  }
  assert.deepEqual((await ask(member('users:read'), entities)).codes, [])
})

test('the guard of references refuses before it looks', async () => {
  const look = reference<unknown, Row>('alerts:read', () => assert.fail('It was looked for'))
  const context = { viewer: member('users:read') } as Context<unknown>
  await assert.rejects(look({ id: '1' }, context), { code: 'FORBIDDEN' })
})
