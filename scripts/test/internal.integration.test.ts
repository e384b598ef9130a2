/** Past the gateway: tokens that are none, references that nobody gave, and who may do everything but is a stranger. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type GraphQLObjectType, GraphQLUnionType, getNamedType, isObjectType } from 'graphql'
import { SignJWT } from 'jose'
import { readRegister } from '#kit/register.ts'
import type { Subgraph } from '#kit/subgraph.ts'
import { createKeys, internalSigner } from '#kit/tokens.ts'
import { anonymous, type Member, permissions } from '#kit/viewer.ts'
import { loadSubgraph } from '../../subgraphs/load.ts'
import { openTestHouse, type TestHouse } from '../test-house.ts'
import { selectionOf } from './matrix/select.ts'
import { bySubgraph, types } from './matrix/table.ts'
import { canary, filled, openThings, type Things } from './matrix/things.ts'
import { type Owner, openOwner } from './owner.ts'

let house: TestHouse
let owner: Owner
let things: Record<'own' | 'foreign' | 'absent', Things>
let subgraphs: Subgraph[]
/** Of the first organization, with every permission that there is. */
let mighty: Member

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  things = await openThings(house)
  subgraphs = await Promise.all(readRegister({}).map(loadSubgraph))
  const { rows } = await owner.query(
    'select id, account_id, organization_id from identity.users where email = $1',
    ['admin@acme.example'],
  )
  const { id: userId, account_id: accountId, organization_id: organizationId } = rows[0]
  mighty = { kind: 'member', userId, accountId, organizationId, role: 'admin', permissions }
})
after(() => house?.close())

const ask = (name: string, token: string, query: string, variables = {}) =>
  house.surroundings.transports[name]!({ query, variables, token, requestId: 'test' })
const as = (service: string, audience: string, member: Member = mighty) =>
  internalSigner(house.surroundings.keys, service)(member, audience)

const entitiesOf = ({ schema }: Subgraph): readonly GraphQLObjectType[] => {
  const union = schema.getType('_Entity')
  return union instanceof GraphQLUnionType ? union.getTypes() : []
}
const rules = { types, fields: {}, ask: () => {} }
/** What a type has of its own, where the subgraph knows more of it than its key. */
const entitiesQuery = (type: GraphQLObjectType): string =>
  `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on ${type.name} { ${selectionOf(type, rules)} } } }`
const thing = (of: Things, { name }: GraphQLObjectType) => of[`${name[0]!.toLowerCase()}${name.slice(1)}`]

test('without a token that is for it, a subgraph tells nothing: 200 times each', async () => {
  const { keys } = house.surroundings
  const edge = (await house.as('admin@acme.example')).token!
  const expired = (audience: string) =>
    new SignJWT({
      org: mighty.organizationId,
      acc: mighty.accountId,
      role: 'admin',
      scope: '',
      azp: 'gateway',
    })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'nexus-internal+jwt', kid: keys.internal.id })
      .setIssuer('nexus')
      .setAudience(audience)
      .setSubject(mighty.userId)
      .setIssuedAt(Math.floor(Date.now() / 1_000) - 60)
      .setExpirationTime(Math.floor(Date.now() / 1_000) - 31)
      .sign(keys.internal.privateKey)
  const stranger = createKeys('a secret of another house, as long as it has to be')
  for (const subgraph of subgraphs) {
    const { name } = subgraph
    const other = subgraphs.find((each) => each !== subgraph)!.name
    const good = await as('gateway', name)
    const tokens = [
      ...['', 'none', edge, await expired(name), await as('gateway', other), await as('gateway', 'nexus')],
      await internalSigner(stranger, 'gateway')(mighty, name),
      ...[`${good}x`, good.slice(0, -4), good.split('.').slice(0, 2).join('.'), `${good.split('.')[0]}..`],
    ]
    const roots = Object.keys(subgraph.schema.getQueryType()!.getFields()).filter(
      (field) => !field.startsWith('_'),
    )
    const questions = [
      ...['{ __typename }', '{ _service { sdl } }', '{ __schema { types { name } } }'],
      ...entitiesOf(subgraph).map(entitiesQuery),
      ...roots.map((field) => `{ ${field} }`),
    ]
    let asked = 0
    while (asked < 200)
      for (const token of tokens)
        for (const query of questions) {
          const { data, errors } = await ask(name, token, query, { representations: [] })
          assert.equal(data, undefined)
          assert.equal(errors?.[0]?.extensions?.code, 'UNAUTHENTICATED', `${name}: ${query}`)
          asked++
        }
  }
})

test('who has not come in reaches no entity', async () => {
  for (const subgraph of subgraphs)
    for (const type of entitiesOf(subgraph)) {
      const token = await internalSigner(house.surroundings.keys, 'gateway')(anonymous, subgraph.name)
      const all = [{ __typename: type.name, id: thing(things.own, type) }]
      const { data, errors } = await ask(subgraph.name, token, entitiesQuery(type), { representations: all })
      const codes = new Set(errors?.map(({ extensions }) => extensions?.code))
      const given = JSON.stringify(data ?? null)
      // What only extends an entity tells the key that it was given, and no field of its own.
      const [entity = null] = (data?._entities ?? []) as (object | null)[]
      assert.ok(!given.includes('mine'), given)
      const told = Object.entries(entity ?? {}).filter(([field, value]) => field !== 'id' && value !== null)
      assert.deepEqual(told, [])
      if (entity === null) assert.deepEqual([...codes], ['UNAUTHENTICATED'], `${subgraph.name} ${type}`)
    }
})

test('references that nobody gave find nothing of others, and no more than there is', async () => {
  for (const subgraph of subgraphs)
    for (const type of entitiesOf(subgraph)) {
      const token = await as('gateway', subgraph.name)
      const query = entitiesQuery(type)
      const put = (all: readonly unknown[]) => ask(subgraph.name, token, query, { representations: all })
      const foreign = thing(things.foreign, type)
      const forged = { organizationId: 'forged', name: 'forged', title: 'forged', __proto__: { id: foreign } }
      const all = [
        { __typename: type.name, id: foreign },
        { __typename: type.name },
        { __typename: type.name, id: null },
        { __typename: type.name, id: [foreign] },
        { __typename: type.name, id: foreign, ...forged },
        { __typename: type.name, id: thing(things.own, type), ...forged },
      ]
      const answers = await Promise.all([...all.map((each) => put([each])), put(all)])
      for (const answer of answers) {
        const text = JSON.stringify(answer)
        assert.ok(
          !text.includes(canary) && !text.includes('globex') && !text.includes('forged'),
          text.slice(0, 500),
        )
      }
      const { data: stranger } = await put([{ __typename: 'Query', id: foreign }])
      assert.ok(!JSON.stringify(stranger ?? null).includes(canary))
    }
})

test('of ten thousand references that nobody gave one learns as little, and more are not looked at', async () => {
  const subgraph = subgraphs.find((each) => entitiesOf(each).length > 0)!
  const type = entitiesOf(subgraph)[0]!
  const reference = { __typename: type.name, id: thing(things.foreign, type) }
  const token = await as('gateway', subgraph.name)
  const many = await ask(subgraph.name, token, entitiesQuery(type), {
    representations: Array(10_000).fill(reference),
  })
  const text = JSON.stringify(many)
  assert.ok(!text.includes(canary) && !text.includes('globex'), text.slice(0, 500))
  for (const each of subgraphs)
    for (const name of ['representations', 'other']) {
      const [of] = entitiesOf(each)
      if (!of) continue
      const query = entitiesQuery(of).replaceAll('$representations', `$${name}`)
      const asked = { representations: [], [name]: Array(10_001).fill({ __typename: of.name, id: '1' }) }
      const { data, errors } = await ask(each.name, await as('gateway', each.name), query, asked)
      assert.deepEqual([data, errors?.[0]?.extensions?.code], [undefined, 'VALIDATION_ERROR'])
    }
})

/** All that the second organization owns. */
async function theirs(): Promise<string> {
  const { rows: tables } = await owner.query(
    `select table_schema || '.' || table_name as name from information_schema.columns
     join pg_tables on schemaname = table_schema and tablename = table_name
     where column_name = 'organization_id' and table_schema = any($1) order by 1`,
    [subgraphs.map(({ name }) => name)],
  )
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await owner.query(
      `select md5(string_agg(t::text, '' order by t::text)) as digest from ${name} t where organization_id = $1`,
      [things.foreign.organization],
    )
    found.push(`${name} ${rows[0].digest}`)
  }
  return found.join('\n')
}

test('with every permission and as every peer, the rows of others are not there: the database keeps them', async () => {
  const before = await theirs()
  const services = ['gateway', 'door', ...subgraphs.map(({ name }) => name)]
  let asked = 0
  for (const { name, schema } of subgraphs) {
    const { query = {}, mutation = {} } = bySubgraph[name]!
    for (const [root, rows] of [
      [schema.getQueryType(), query],
      [schema.getMutationType(), mutation],
    ] as const)
      for (const [field, { ask: args = '', alone }] of Object.entries(rows)) {
        // Whoever signs in has left the organization of the token.
        if (alone || /\$(email|refreshToken|passwordToken|invitationToken)/.test(args)) continue
        const to = getNamedType(root!.getFields()[field]!.type)
        const selection = isObjectType(to) ? ` { ${selectionOf(to, rules)} }` : ''
        const text = `${root!.name.toLowerCase()} { ${field}${await filled(args, things.foreign)}${selection} }`
        for (const service of root === schema.getQueryType() ? services : ['gateway']) {
          const answer = await ask(name, await as(service, name), text)
          const told = JSON.stringify(answer)
          assert.ok(!told.includes(canary) && !told.includes('globex'), `${text} told ${told.slice(0, 300)}`)
          assert.ok(answer.data !== undefined, `${text} was not asked: ${told.slice(0, 300)}`)
          asked++
        }
      }
  }
  assert.ok(asked > 200, `${asked} were asked`)
  assert.equal(await theirs(), before)
})
