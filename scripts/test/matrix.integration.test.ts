/** Everything that can be asked, by everybody: the cells are written by hand in `matrix/expected`. */
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, before, test } from 'node:test'
import { type GraphQLObjectType, isObjectType } from 'graphql'
import { readRegister } from '#kit/register.ts'
import { allDemands } from '../rules.ts'
import { openTestHouse, type TestHouse } from '../test-house.ts'
import { digestOf } from './matrix/digest.ts'
import { doors, routes } from './matrix/expected/routes.ts'
import { openCompany, principals } from './matrix/principals.ts'
import { asked, bySubgraph, expected, kinds, peers, rootTypes, schema, types } from './matrix/table.ts'
import { openThings } from './matrix/things.ts'
import {
  doAll,
  type Grounds,
  graphWork,
  routeWork,
  subscriptionWork,
  type Tally,
  type Work,
  wayWork,
} from './matrix/work.ts'
import { type Owner, openOwner } from './owner.ts'

let house: TestHouse
let owner: Owner
let grounds: Grounds
let work: Work[]
const served: string[] = []
const sum: Tally = { cells: 0, mismatches: [] }

before(async () => {
  type Served = { method: string | string[]; url: string }
  type Server = { addHook(name: 'onRoute', hook: (route: Served) => void): void }
  const hear = (message: unknown) =>
    (message as { fastify: Server }).fastify.addHook('onRoute', ({ method, url }) =>
      served.push(...[method].flat().map((each) => `${each} ${url}`)),
    )
  subscribe('fastify.initialization', hear)
  house = await openTestHouse()
  unsubscribe('fastify.initialization', hear)
  owner = await openOwner(house)
  // More is asked here than a key of another tier may ask in a minute.
  await owner.query("alter table identity.api_keys alter column tier set default 'internal'")
  grounds = { house, things: await openThings(house), company: await openCompany(house) }
  work = [...graphWork(grounds, sum), ...subscriptionWork(grounds, sum), ...routeWork(grounds, sum)]
})
after(() => house?.close())

/** The names on one side only. */
function assertSame(what: string, have: Iterable<string>, rows: Iterable<string>): void {
  const [known, written] = [new Set(have), new Set(rows)]
  assert.deepEqual([...known.difference(written)], [], `a ${what} without a row`)
  assert.deepEqual([...written.difference(known)], [], `a row without its ${what}`)
}

// The page's own files, what the server adds to a GET, and where SCIM says that there is nothing.
const isBeside = /^(HEAD|OPTIONS) |^GET \/(static\/.*|[\w-]+\.(svg|md|html)|\*)$|^\w+ \/scim\/v2\/\*$/

test('every field, type and route has its row, and every row is of one', async () => {
  for (const kind of kinds)
    assertSame(kind, Object.keys(rootTypes[kind].getFields()), Object.keys(expected[kind]))
  const roots: string[] = Object.values(rootTypes).map(({ name }) => name)
  const named = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith('__') && !roots.includes(type.name))
    .map(({ name }) => name)
  assertSame('type', named, Object.keys(types))
  const visible = kinds.flatMap((kind) =>
    Object.keys(expected[kind]).map((name) => `${rootTypes[kind].name}.${name}`),
  )
  assertSame('root field of a subgraph', (await allDemands()).keys(), [...visible, ...peers])
  const paths = served.filter((each) => !isBeside.test(each)).map((each) => each.replace(' /api/v1', ' '))
  assertSame('route', paths, [...Object.keys(routes), ...doors])
  const subgraphs = readRegister({}).map(({ name }) => name)
  assertSame('subgraph', subgraphs, Object.keys(bySubgraph))
})

/** What asking itself writes: when somebody came. */
const used = ['identity.sessions', 'identity.refresh_tokens', 'identity.api_keys']
const digest = () => digestOf(owner, Object.keys(bySubgraph), used)

test('who may not is refused, before anything has changed', async () => {
  // Keys are made before the house is looked at.
  const rows = [...kinds.flatMap((kind) => Object.values(expected[kind])), ...Object.values(routes)]
  for (const { key } of rows) for (const principal of principals) await grounds.company(principal, { key })
  const before = await digest()
  await doAll(work.filter(({ wanted, slow }) => !wanted && !slow))
  assert.deepEqual(await digest(), before)
  // Those who ask alone are made for it.
  await doAll(work.filter(({ wanted, slow }) => !wanted && slow))
  assert.deepEqual(sum.mismatches, [])
})

test('who may is answered', async () => {
  await doAll(work.filter(({ wanted }) => wanted))
  assert.deepEqual(sum.mismatches, [])
})

test('every field that leads from one type to another crosses the rule of that type', async () => {
  const ways: Tally = { cells: 0, mismatches: [] }
  await doAll(wayWork(grounds, ways))
  assert.deepEqual(ways.mismatches, [])
  sum.cells += ways.cells
})

test('every field of every type was asked', (context) => {
  const fields = Object.keys(types).flatMap((name) =>
    Object.keys((schema.getType(name) as GraphQLObjectType).getFields()).map((field) => `${name}.${field}`),
  )
  const never = fields.filter((name) => !asked.has(name))
  assert.deepEqual(never, [])
  context.diagnostic(
    `${sum.cells} cells, ${sum.mismatches.length} mismatches, ${fields.length} fields of types`,
  )
})
