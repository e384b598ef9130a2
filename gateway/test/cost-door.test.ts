import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '#kit/metrics.ts'
import { limits } from '../federation/limits.ts'
import { mostCosts } from '../tiers.ts'
import { bearer, member, openGateway } from './gateway.ts'

// 1 + 10 * (1 + 1 + 1) for each, where nobody says how long a list is.
const lists = (many: number) =>
  `{ ${Array.from({ length: many }, (_, index) => `a${index}: alerts(first: 3) { edges { node { id asset { id } } } }`).join(' ')} }`
const each = 31
const deep = `{ alerts { edges { node { asset { alerts { asset { alerts { asset { alerts { asset { alerts { id } } } } } } } } } } } }`

test('what costs too much is refused before anybody is asked, and counted', async (t) => {
  const metrics = createMetrics()
  const { graphql, house } = await openGateway(t, { metrics })
  const { status, errors, data, ...answer } = await graphql(deep)
  assert.equal(status, 400)
  assert.equal(data, undefined)
  assert.equal(errors![0]!.extensions.code, 'COST_ESTIMATED_TOO_EXPENSIVE')
  const { cost } = answer.reply.json().extensions
  assert.equal(cost.max, mostCosts.anonymous)
  assert.ok(cost.estimated > cost.max)
  assert.match(errors![0]!.message, new RegExp(`${cost.estimated}.*${cost.max}`))
  assert.ok(Object.values(house.asked).every((calls) => calls.length === 0))
  await graphql('{ me { id } }')
  const text = await metrics.text()
  assert.match(text, /nexus_operation_cost_refused_total 1\n/)
  assert.match(text, /nexus_operation_cost_count\{outcome="refused"\} 1\n/)
  assert.match(text, /nexus_operation_cost_bucket\{le="1",outcome="allowed"\} 1\n/)
})

test('what an operation may cost depends on who asks', async (t) => {
  const { graphql } = await openGateway(t)
  const asked = async (headers: Record<string, string>) => {
    const { status, reply } = await graphql(deep, {}, headers)
    return [status, reply.json().extensions.cost.max]
  }
  assert.deepEqual(await asked({}), [400, mostCosts.anonymous])
  assert.deepEqual(await asked(await bearer(member())), [400, mostCosts.standard])
  const key = `nxs_${'k'.repeat(43)}`
  for (const tier of ['enterprise', 'internal'] as const) {
    const { graphql } = await openGateway(t, {
      standing: {
        session: async (of) => of,
        key: async () => ({ member: { ...member('api'), tier }, until: new Date(Date.now() + 60_000) }),
      },
    })
    const { reply } = await graphql('{ me { id } }', {}, { 'x-api-key': key, 'x-nexus-cost': '1' })
    assert.equal(reply.json().extensions.cost.max, mostCosts[tier])
  }
})

test('an answer tells what it costs to whom wants to know, and to nobody else', async (t) => {
  const { graphql } = await openGateway(t)
  const told = await graphql(lists(3), {}, { 'x-nexus-cost': '1' })
  assert.deepEqual(told.reply.json().extensions, { cost: { estimated: 3 * each, max: mostCosts.anonymous } })
  const { reply } = await graphql(lists(3))
  assert.deepEqual(Object.keys(reply.json()), ['data'])
  const refused = await graphql('{ nope }', {}, { 'x-nexus-cost': '1' })
  assert.equal(refused.reply.json().extensions, undefined)
})

test('every way in has the same limits', async (t) => {
  const { app, graphql, house } = await openGateway(t)
  const codeOf = (reply: { json(): { errors: { extensions: { code: string } }[] } }) =>
    reply.json().errors[0]!.extensions.code
  const headers = { 'apollo-require-preflight': '1' }
  const got = await app.inject({ url: '/graphql', query: { query: deep }, headers })
  assert.deepEqual([got.statusCode, codeOf(got)], [400, 'COST_ESTIMATED_TOO_EXPENSIVE'])
  assert.ok(got.json().extensions.cost.estimated > mostCosts.anonymous)
  const unusual = (payload: object) =>
    app.inject({ method: 'POST', url: '/graphql', payload: { extensions: {}, ...payload } })
  const page = await unusual({ query: '{ alerts(first: 101) { edges { cursor } } }' })
  assert.deepEqual([page.statusCode, codeOf(page)], [400, 'VALIDATION_ERROR'])
  assert.deepEqual(page.json().errors[0].extensions.details, [
    { field: 'first', message: 'Must be between 0 and 100' },
  ])
  const values = await unusual({ query: '{ me { id } }', variables: { a: 'x'.repeat(limits.string + 1) } })
  assert.deepEqual([values.statusCode, codeOf(values)], [400, 'VALIDATION_ERROR'])
  const text = `{ me { id } } ${'#'.repeat(limits.characters)}`
  for (const refused of [await unusual({ query: text }), (await graphql(text)).reply])
    assert.deepEqual([refused.statusCode, codeOf(refused)], [400, 'GRAPHQL_PARSE_FAILED'])
  const twice = `mutation { ${['a', 'b'].map((name) => `${name}: signIn(input: { email: "a@b.c", password: "p" }) { accessToken }`).join(' ')} }`
  for (const refused of [await unusual({ query: twice }), (await graphql(twice)).reply]) {
    assert.deepEqual([refused.statusCode, codeOf(refused)], [400, 'GRAPHQL_VALIDATION_FAILED'])
    assert.match(refused.json().errors[0].message, /for once in a document/)
  }
  assert.ok(Object.values(house.asked).every((calls) => calls.length === 0))
})
