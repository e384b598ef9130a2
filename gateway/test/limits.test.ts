import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse, specifiedRules, validate } from 'graphql'
import { createEngine } from '../federation/engine.ts'
import { limitsRule } from '../federation/limits.ts'
import { openGateway } from './gateway.ts'
import { compose } from './toy.ts'

const repeat = (times: number, of: (index: number) => string) =>
  Array.from({ length: times }, (_, index) => of(index)).join(' ')

const bombs = {
  'a plan bomb: each fragment spreads the next one twice': `{ asset(id: 1) { ...f0 } } ${repeat(
    24,
    (n) => `fragment f${n} on Asset { ...f${n + 1} ...f${n + 1} }`,
  )} fragment f24 on Asset { alerts { title } }`,
  'a plan bomb: across two subgraphs and back, twice at each step': `{ asset(id: 1) { ...f0 } } ${repeat(
    12,
    (n) =>
      `fragment f${n} on Asset { a: alerts { asset { ...f${n + 1} } } b: alerts { asset { ...f${n + 1} } } }`,
  )} fragment f12 on Asset { openVulnerabilityCount }`,
  'a plan bomb: inline fragments all the way': `{ asset(id: 1) { ${'... on Asset { alerts { asset { '.repeat(
    60,
  )} id ${'} } }'.repeat(60)} } }`,
  'an alias flood': `{ ${repeat(500, (n) => `a${n}: me { id }`)} }`,
  'a flood of sign-ins': `mutation { ${repeat(
    40,
    (n) => `a${n}: signIn(input: { email: "a@b.c", password: "${n}" }) { accessToken }`,
  )} }`,
  'aliases in a fragment that is spread often': `{ ${'asset(id: 1) { ...f } '.repeat(10)} }
    fragment f on Asset { ${repeat(10, (n) => `a${n}: name`)} }`,
  'a field repeated': `{ me { ${'id '.repeat(5_000)} } }`,
  'a field repeated where nobody spreads it': `{ me { id } } fragment f on User { ${'id '.repeat(5_000)} }`,
  'a field repeated in inline fragments': `{ me { ${'... { id } '.repeat(1_000)} } }`,
  'many fragments of the same fields': `{ me { ${repeat(600, (n) => `...f${n}`)} } } ${repeat(
    600,
    (n) => `fragment f${n} on User { id }`,
  )}`,
  'too deep': `{ asset(id: 1) { ${'alerts { asset { '.repeat(10)} id ${'} }'.repeat(10)} } }`,
  'very deep': `{ asset(id: 1) { ${'alerts { asset { '.repeat(800)} id ${'} }'.repeat(800)} } }`,
  'a fragment that spreads itself': `{ me { ...f } } fragment f on User { id ...g } fragment g on User { ...f }`,
}

/** What this process has computed, in milliseconds: unlike the clock, it does not tell how busy the machine is. */
const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

for (const [name, query] of Object.entries(bombs)) {
  test(`refused within 50 ms of computing: ${name}`, async (t) => {
    const { graphql, house } = await openGateway(t)
    await graphql('{ __typename }')
    const spent = cpuMs()
    const { status, errors } = await graphql(query)
    let took = cpuMs() - spent
    // What is new to the machine it compiles first, and others' garbage is collected at any time. Another text each
    // time, for what was refused is remembered.
    for (let again = 1; took >= 50 && again <= 4; again++) {
      const from = cpuMs()
      await graphql(`${query} #${again}`)
      took = cpuMs() - from
    }
    assert.equal(status, 400)
    assert.equal(errors![0]!.extensions.code, 'GRAPHQL_VALIDATION_FAILED')
    assert.ok(took < 50, `took ${took} ms`)
    assert.ok(Object.values(house.asked).every((calls) => calls.length === 0))
  })
}

test('too many tokens end the parsing', async (t) => {
  const { graphql } = await openGateway(t)
  const { status, errors } = await graphql(`{ ${'me '.repeat(20_000)} }`)
  assert.deepEqual([status, errors![0]!.extensions.code], [400, 'GRAPHQL_PARSE_FAILED'])
})

test('brackets without end are refused, whatever they are', async (t) => {
  const { graphql } = await openGateway(t)
  for (const query of [`{ ${'a{'.repeat(7_000)}`, `{ a(b: ${'['.repeat(14_000)}`, '{ ... '.repeat(4_000)]) {
    const { status, errors } = await graphql(query)
    assert.deepEqual([status, errors![0]!.extensions.code], [400, 'GRAPHQL_PARSE_FAILED'])
  }
})

test('a bomb for a graph where every subgraph can answer everything never reaches the planner', () => {
  const { supergraphSdl } = compose(
    ['a', 'b', 'c', 'd'].map((name) => ({
      name,
      resolvers: {},
      sdl: `type Query { t: T @shareable } type T @key(fields: "id") {
        id: ID! next: T @shareable other: T @shareable only${name}: Int }`,
    })),
  )
  const { schema } = createEngine({ supergraphSdl, sourceFor: () => ({ fetch: async () => ({}) }) })
  const query = `{ t { ...f0 } } ${repeat(
    10,
    (n) => `fragment f${n} on T { next { ...f${n + 1} } other { ...f${n + 1} } }`,
  )} fragment f10 on T { onlya onlyb onlyc onlyd }`
  const document = parse(query)
  validate(schema, parse('{ t { id } }'))
  const spent = cpuMs()
  const [error] = validate(schema, document, [...specifiedRules, limitsRule()])
  assert.match(error!.message, /more than 1000 fields/)
  assert.ok(cpuMs() - spent < 50)
})
