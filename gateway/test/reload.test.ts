import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { ExecutionResult } from 'graphql'
import { createQueue, isStream, type Queue } from '#kit/stream.ts'
import type { SubgraphResponse } from '#kit/transport.ts'
import type { Document } from '../federation/documents.ts'
import { createEngine, type EngineOptions } from '../federation/engine.ts'
import { inThread } from '../federation/planner/in-thread.ts'
import type { Source, SourceRequest, StreamRequest } from '../federation/source.ts'
import { collectGarbage } from './garbage.ts'
import { compose } from './toy.ts'

/** A subgraph that tells of things, one that knows their names, and more of each where it is wanted. */
const supergraph = ({ events = '', names = '', more = '' } = {}) =>
  compose(
    Object.entries({
      events: `type Query { thing: Thing ${events} } type Thing @key(fields: "id") { id: ID! }
        type Subscription { changed: Thing }`,
      names: `type Thing @key(fields: "id") { id: ID! name: String ${names} }`,
      ...(more && { more }),
    }).map(([name, sdl]) => ({ name, sdl, resolvers: {} })),
  ).supergraphSdl

type Upstream = StreamRequest & { events: Queue<SubgraphResponse> }

function open(t: TestContext, options: Partial<EngineOptions> & { answer?: Source['fetch'] } = {}) {
  const upstreams: Upstream[] = []
  const opened: string[] = []
  const closed: string[] = []
  const answer = async ({ subgraph, query }: SourceRequest): Promise<SubgraphResponse> =>
    subgraph === 'events'
      ? { data: { thing: { __typename: 'Thing', id: '1' } } }
      : { data: { _entities: [/owner/.test(query) ? { name: 'n', owner: 'o' } : { name: 'n' }] } }
  const engine = createEngine({
    supergraphSdl: supergraph(),
    planning: inThread,
    jitterMs: 1,
    sourceFor: (name) => {
      opened.push(name)
      return {
        fetch: options.answer ?? answer,
        async stream(request) {
          const events = createQueue<SubgraphResponse>()
          request.signal.addEventListener('abort', () => void events.return())
          upstreams.push({ ...request, events })
          return events
        },
        close: () => closed.push(name),
      }
    },
    ...options,
  })
  t.after(() => engine.stop?.())
  const read = (query: string) => {
    const document = engine.read(query)
    assert.ok('ast' in document)
    return document
  }
  const execute = async (document: Document) =>
    JSON.parse(JSON.stringify(await engine.execute({ document, context: {} })))
  const ask = (query: string) => execute(read(query))
  const subscribe = async (query: string) => {
    const answers = await engine.subscribe({ document: read(query), context: {} })
    assert.ok(isStream<ExecutionResult>(answers))
    const iterator = answers[Symbol.asyncIterator]()
    t.after(() => iterator.return?.())
    return async () => {
      const { done, value } = await iterator.next()
      return done ? 'over' : JSON.parse(JSON.stringify(value))
    }
  }
  return { engine, ask, read, execute, subscribe, upstreams, opened, closed }
}
const event = { data: { changed: { __typename: 'Thing', id: '1' } } }
const named = { data: { changed: { name: 'n' } } }

test('another supergraph is asked from then on', async (t) => {
  const { engine, ask, opened, closed } = open(t)
  await engine.reload(supergraph({ names: 'owner: String' }))
  assert.deepEqual(await ask('{ thing { owner } }'), { data: { thing: { owner: 'o' } } })
  assert.deepEqual([opened, closed], [['events', 'names'], []])
})

test('what has begun ends as it began, and a source that is gone is closed then', async (t) => {
  const gate = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const { engine, read, execute, opened, closed } = open(t, {
    supergraphSdl: supergraph({ more: 'type Query { more: Int }' }),
    answer: async ({ subgraph }) => {
      if (subgraph !== 'more') return { data: { thing: { __typename: 'Thing', id: '1' } } }
      asked.resolve()
      await gate.promise
      return { data: { more: 1 } }
    },
  })
  const document = read('{ more thing { id } }')
  const answer = execute(document)
  await asked.promise
  await engine.reload(supergraph())
  assert.deepEqual(closed, [])
  gate.resolve()
  const found = { data: { more: 1, thing: { id: '1' } } }
  assert.deepEqual(await answer, found)
  assert.deepEqual(closed, ['more'])
  // Read before, executed after.
  assert.deepEqual(await execute(document), found)
  await engine.reload(supergraph({ more: 'type Query { more: Int }' }))
  assert.deepEqual(opened, ['events', 'more', 'names', 'more'])
})

test('a supergraph that does not load, cannot be reached or does not fit changes nothing', async (t) => {
  const { engine, ask } = open(t, {
    sourceFor: (name) => {
      if (name === 'more') throw new Error('Nobody said how to reach it')
      return { fetch: async () => ({ data: { thing: { __typename: 'Thing', id: '1' } } }) }
    },
    check: (schema) => {
      if (schema.getQueryType()?.getFields().no) throw new Error('It does not fit')
    },
  })
  const { schema } = engine
  await assert.rejects(engine.reload(supergraph().slice(0, 900)))
  await assert.rejects(engine.reload(supergraph({ more: 'type Query { more: Int }' })), /Nobody said/)
  await assert.rejects(engine.reload(supergraph({ events: 'no: Int' })), /does not fit/)
  assert.equal(engine.schema, schema)
  assert.deepEqual(await ask('{ thing { id } }'), { data: { thing: { id: '1' } } })
  await engine.reload(supergraph({ events: 'yes: Int' }))
  assert.notEqual(engine.schema, schema)
})

test('listeners are told of each supergraph, until they leave', async (t) => {
  const { engine } = open(t)
  const told: boolean[] = []
  const leave = engine.onSchemaLoadOrUpdate(({ apiSchema }) => void told.push(apiSchema === engine.schema))
  await engine.reload(supergraph())
  leave()
  await engine.reload(supergraph())
  assert.deepEqual(told, [true, true])
})

test('a subscription goes on, and keeps its events where they are the same', async (t) => {
  const { engine, subscribe, upstreams } = open(t)
  const next = await subscribe('subscription { changed { name } }')
  upstreams[0]!.events.push(event)
  assert.deepEqual(await next(), named)
  const waiting = next()
  await engine.reload(supergraph({ names: 'owner: String' }))
  await turn()
  upstreams[0]!.events.push(event)
  assert.deepEqual(await waiting, named)
  assert.equal(upstreams.length, 1)
})

test('a subscription whose events come from elsewhere goes there', async (t) => {
  const { engine, subscribe, upstreams } = open(t)
  const next = await subscribe('subscription { changed { name } }')
  const waiting = next()
  // The name is now told with the event, so that the events are asked for it.
  await engine.reload(
    compose([
      {
        name: 'events',
        sdl: `type Query { thing: Thing } type Thing @key(fields: "id") { id: ID! name: String }
          type Subscription { changed: Thing }`,
        resolvers: {},
      },
    ]).supergraphSdl,
  )
  while (upstreams.length < 2) await turn()
  upstreams[1]!.events.push({ data: { changed: { name: 'told' } } })
  assert.deepEqual(await waiting, { data: { changed: { name: 'told' } } })
  assert.equal(upstreams[0]!.signal.aborted, true)
  assert.equal(upstreams[1]!.signal.aborted, false)
})

test('a subscription that is not valid any more is told so, and ends', async (t) => {
  const { engine, subscribe, upstreams } = open(t, { supergraphSdl: supergraph({ names: 'owner: String' }) })
  const next = await subscribe('subscription { changed { owner } }')
  const waiting = next()
  await engine.reload(supergraph())
  const { errors } = await waiting
  assert.equal(errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED')
  assert.equal(await next(), 'over')
  assert.equal(upstreams[0]!.signal.aborted, true)
})

test('supergraphs that were replaced are collected, also while subscriptions go on over them', async (t) => {
  const { engine, ask, subscribe, upstreams } = open(t)
  const next = await subscribe('subscription { changed { name } }')
  const before: WeakRef<object>[] = []
  for (let index = 0; index < 10; index++) {
    before.push(new WeakRef(engine.schema))
    await ask('{ thing { name } }')
    await engine.reload(supergraph({ events: `yes${index}: Int` }))
    upstreams[0]!.events.push(event)
    assert.deepEqual(await next(), named)
  }
  await turn()
  collectGarbage()
  // The last but one may still be on the stack of who replaced it.
  assert.deepEqual(
    before.slice(0, -1).map((schema) => schema.deref() === undefined),
    Array(9).fill(true),
  )
})
