import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { execute, parse } from 'graphql'
import { createBuilder } from '#kit/builder.ts'
import { unavailable } from '#kit/errors.ts'
import { createPermits, type Permits } from '#kit/permits.ts'
import { permissionsOn } from '#kit/permits-plugin.ts'
import { tagOf } from '#kit/tag.ts'
import { anonymous, type Member, permissionsOf, type Viewer } from '#kit/viewer.ts'

const member = (more: Partial<Member> = {}): Member => ({
  kind: 'member',
  accountId: 'a',
  userId: 'u',
  organizationId: 'o',
  role: 'viewer',
  permissions: permissionsOf.viewer,
  ...more,
})
const granted = member({ hasGrants: true })
const tagged: Record<string, string[]> = { x: ['team:a'], y: ['team:b'], z: ['team:a', 'team:b'] }

/** Peers that know these grants, and count how often identity is asked. */
function peers(grants: { permissions: string[]; tag: string }[]) {
  const known = { grants, asked: 0, fails: false }
  const ask = async (subgraph: string, _query: string, variables: Record<string, unknown>) => {
    if (known.fails) throw unavailable()
    if (subgraph === 'identity') {
      known.asked += 1
      return { heldGrants: known.grants.map((each) => ({ assetGroupId: null, ...each })) }
    }
    const { assetIds, tags } = variables as { assetIds: string[]; tags: string[] }
    return { coveredAssets: assetIds.filter((id) => tagged[id]?.some((tag) => tags.includes(tag))) }
  }
  const house = {}
  const of = (viewer: Viewer): Permits =>
    createPermits(house, () => viewer, ask as Parameters<typeof createPermits>[2])
  return { known, of }
}
const writing = { permissions: ['alerts:write'], tag: 'team:a' }
const reading = { permissions: ['alerts:read'], tag: 'team:b' }
const code = (expected: string) => (error: { code?: string }) => error.code === expected

test('a permission counts for what the same grant selects, and for each object', async () => {
  const { permits, permittedAssets } = peers([writing, reading]).of(granted)
  await permits('alerts:write', ['x'])
  await permits('alerts:write', ['x', 'z'])
  for (const ids of [['y'], ['x', 'y'], ['x', null], [null], [], ['nowhere']])
    await assert.rejects(permits('alerts:write', ids), code('FORBIDDEN'), String(ids))
  await assert.rejects(permits('assets:write', ['x']), code('FORBIDDEN'))
  assert.deepEqual([...(await permittedAssets('alerts:write', ['x', 'y', 'z']))], ['x', 'z'])
})

test('who holds it everywhere is asked nothing, and who has no grants gains nothing', async () => {
  const { known, of } = peers([writing])
  await of(member({ permissions: ['alerts:write'] })).permits('alerts:write', [null])
  await of(member({ permissions: ['alerts:write'] })).permits('alerts:write', [])
  await assert.rejects(of(member()).permits('alerts:write', ['x']), code('FORBIDDEN'))
  await assert.rejects(of(anonymous).permits('alerts:write', ['x']), code('UNAUTHENTICATED'))
  assert.equal(known.asked, 0)
})

test('a grant that was taken back counts for a second at most, and identity is asked once in it', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['Date'] })
  const { known, of } = peers([writing])
  const { permits } = of(granted)
  await Promise.all(Array.from({ length: 20 }, () => permits('alerts:write', ['x'])))
  assert.equal(known.asked, 1)
  known.grants = []
  t.mock.timers.tick(999)
  await permits('alerts:write', ['x'])
  t.mock.timers.tick(1)
  await assert.rejects(permits('alerts:write', ['x']), code('FORBIDDEN'))
  assert.equal(known.asked, 2)
  const other = of({ ...granted, userId: 'another' })
  await assert.rejects(other.permits('alerts:write', ['x']), code('FORBIDDEN'))
  assert.equal(known.asked, 3, 'nobody has another’s')
})

test('while nobody can say, nobody is let pass', async () => {
  const { known, of } = peers([writing])
  known.fails = true
  await assert.rejects(of(granted).permits('alerts:write', ['x']), code('SERVICE_UNAVAILABLE'))
  known.fails = false
  await of(granted).permits('alerts:write', ['x'])
})

test('a field that forgets to ask fails for everybody, and one that asks of another permission too', async () => {
  const builder = createBuilder<object>()
  const answers = {
    asks: ['alerts:write'],
    asksInTime: ['alerts:read', 'alerts:write'],
    forgets: [],
    asksAnother: ['alerts:read'],
  } as const
  for (const [name, asked] of Object.entries(answers))
    builder.queryField(name, (t) =>
      t.boolean({
        authScopes: { $all: { signedIn: true, permissionOn: 'alerts:write' } },
        resolve: async (_root, _args, { permits }) => {
          for (const permission of asked) await permits(permission, ['x'])
          return true
        },
      }),
    )
  const schema = builder.toSchema()
  const admin = member({ permissions: permissionsOf.admin })
  for (const [name, says] of [
    ['asks', undefined],
    ['asksInTime', undefined],
    ['forgets', 'Query.forgets has not asked permits for alerts:write'],
    ['asksAnother', 'Query.asksAnother has not asked permits for alerts:write'],
  ] as const)
    for (const viewer of [admin, granted]) {
      const contextValue = {
        viewer,
        service: 'gateway',
        ...peers([writing, { ...writing, permissions: ['alerts:read'] }]).of(viewer),
      }
      // The fields of one request share a context: what one has asked does not count for another.
      const document = parse(`{ first: asks ${name} }`)
      const { errors } = await execute({ schema, document, contextValue })
      assert.equal(errors?.[0]?.message, says, name)
    }
  const refused = await execute({
    schema,
    document: parse('{ forgets }'),
    contextValue: { viewer: member(), service: 'gateway', ...peers([]).of(member()) },
  })
  assert.equal(refused.errors?.[0]?.message, 'This needs the permission alerts:write')
})

test('the permissions of a rule are found wherever they stand', () => {
  assert.deepEqual(permissionsOn({ permission: 'alerts:write' }), [])
  assert.deepEqual(permissionsOn(undefined), [])
  assert.deepEqual(permissionsOn({ $any: { peer: 'x', $all: { permissionOn: 'alerts:bulk' } } }), [
    'alerts:bulk',
  ])
})

test('a tag is written in one way, or is none', () => {
  for (const text of ['team:payments', ' Team : PAYMENTS ', 'ＴＥＡＭ:payments'])
    assert.equal(tagOf(text), 'team:payments')
  assert.equal(tagOf('owner:a.b@c.example'), 'owner:a.b@c.example')
  for (const text of [
    '',
    'team',
    'team:',
    ':payments',
    'team:a b',
    'a:b:c',
    `${'k'.repeat(64)}:v`,
    `k:${'v'.repeat(128)}`,
    'k:\u0000',
  ])
    assert.equal(tagOf(text), null, text)
})
