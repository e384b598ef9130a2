import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSchema } from 'graphql'
import type { Demand } from '#kit/demand.ts'
import { compile, type Graph, type Route } from '../gateway/rest/route.ts'
import { contradiction } from './rules.ts'

const demand = (given: Partial<Demand>): Demand => ({
  ...{ permissions: [], peers: [], signedIn: false, open: null },
  ...given,
})
const demands = new Map([
  ['Query.alert', demand({ permissions: ['alerts:read'] })],
  ['Query.me', demand({ signedIn: true })],
  ['Query.health', demand({ open: 'Anybody may' })],
  ['Mutation.close', demand({ permissions: ['alerts:write'] })],
])
const row = (operation: string, rule: object): Route =>
  ({ method: 'GET', path: '/x', operation, data: () => null, ...rule }) as unknown as Route

test('a row that says what the graph holds to is right', () => {
  assert.equal(contradiction(row('{ alert }', { needs: 'alerts:read' }), demands), null)
  assert.equal(contradiction(row('{ me }', { needs: 'signedIn' }), demands), null)
  assert.equal(contradiction(row('{ health }', { open: true }), demands), null)
  assert.equal(contradiction(row('{ a: alert me }', { needs: ['signedIn', 'alerts:read'] }), demands), null)
})

for (const [operation, rule, says] of [
  ['{ alert }', { needs: 'alerts:write' }, 'alerts:write, and the graph alerts:read'],
  ['{ alert }', { open: true }, 'open, and the graph alerts:read'],
  ['{ alert }', { needs: 'signedIn' }, 'signedIn, and the graph alerts:read'],
  ['{ health }', { needs: 'alerts:read' }, 'alerts:read, and the graph open'],
  ['{ alert me }', { needs: 'alerts:read' }, 'alerts:read, and the graph alerts:read, signedIn'],
  ['mutation { close }', { needs: 'alerts:read' }, 'alerts:read, and the graph alerts:write'],
  ['{ hidden }', { needs: 'alerts:read' }, 'alerts:read, and the graph nobody'],
] as const)
  test(`a row is refused that says ${JSON.stringify(rule)} of ${operation}`, () => {
    assert.equal(contradiction(row(operation, rule), demands), `GET /x says ${says}`)
  })

for (const rule of [{}, { needs: [] }, { needs: '' }, { open: false }])
  test(`a row without a rule is not mounted: ${JSON.stringify(rule)}`, () => {
    const graph = { schema: buildSchema('type Query { alert: ID }') } as Graph
    assert.throws(() => compile(graph, row('{ alert }', rule)), {
      message: 'GET /x does not say who may ask',
    })
  })
