import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGateway } from './gateway.ts'
import { compose } from './toy.ts'

type Crew = { members: ({ id: string } | null)[] }

const roster = `type Query { crews: [Crew!]! }
  type Crew @key(fields: "members { id }") { members: [Member]! }
  type Member @key(fields: "id") { id: ID! }`
const ships = `type Crew @key(fields: "members { id }") { members: [Member]! ship: String }
  type Member @key(fields: "id") { id: ID! }`

test('an entity is found by a key that is a list of objects, where each of them is known', async (t) => {
  const crews: Crew[] = [
    { members: [{ id: 'ann' }, { id: 'bob' }] },
    { members: [] },
    { members: [{ id: 'cem' }, null] },
  ]
  const found: Crew[] = []
  const ship = (crew: Crew) => {
    found.push(crew)
    return `of ${crew.members.map((member) => member?.id).join(' and ') || 'nobody'}`
  }
  const { supergraphSdl, transports } = compose([
    { name: 'roster', sdl: roster, resolvers: { Query: { crews: () => crews } } },
    { name: 'ships', sdl: ships, resolvers: { Crew: { ship } } },
  ])
  const { graphql } = await openGateway(t, { supergraphSdl, transports, rest: null })
  const { data, errors } = await graphql('{ crews { ship } }')
  const told = data.crews.map((crew: { ship: string | null }) => crew.ship)
  assert.deepEqual(told, ['of ann and bob', 'of nobody', null])
  assert.deepEqual(
    errors?.map(({ path }) => path),
    [['crews', 2, 'ship']],
  )
  assert.equal(found.length, 2)
})

const doors = 'type Query { door: Opening } interface Opening @key(fields: "id") { id: ID! }'
const colours = `type Query { window: Opening }
  type Opening @interfaceObject @key(fields: "id", resolvable: false) { id: ID! colour: String }`

test('what nobody can answer any of is refused before it runs', async (t) => {
  const colour = { Query: { window: () => ({ id: '1' }) }, Opening: { colour: () => 'green' } }
  const { supergraphSdl, transports, asked } = compose([
    { name: 'doors', sdl: doors, resolvers: {} },
    { name: 'colours', sdl: colours, resolvers: colour },
  ])
  const { graphql } = await openGateway(t, { supergraphSdl, transports, rest: null, production: false })
  const refused = await graphql('{ door { colour } }')
  assert.equal(refused.data ?? null, null)
  assert.equal(refused.errors![0]!.extensions.code, 'OPERATION_RESOLUTION_FAILURE')
  assert.deepEqual(asked, { doors: [], colours: [] })
  const answered = [
    '{ __typename }',
    '{ of: __schema { queryType { name } } }',
    '{ door @skip(if: true) { colour } }',
    '{ window { colour } }',
    '{ door { id } }',
  ]
  for (const query of answered) assert.equal((await graphql(query)).errors, undefined, query)
})
