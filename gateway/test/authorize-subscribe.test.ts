import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExecutionResult } from 'graphql'
import { createQueue, isStream } from '#kit/stream.ts'
import type { SubgraphResponse } from '#kit/transport.ts'
import type { Authorization } from '../federation/authorize/judge.ts'
import { people } from './authorize/graphs.ts'
import { type Caller, compose, open } from './authorize/house.ts'

const sdl = compose(people)

/** Subscribes at a subgraph that tells what it is given. */
function listening(given: Partial<Authorization> = {}) {
  const house = open(people, { sdl, ...given })
  const events = createQueue<SubgraphResponse>()
  const opened: { query: string; signal: AbortSignal }[] = []
  house.sources.people!.stream = async ({ query, signal }) => {
    opened.push({ query, signal })
    return events
  }
  const subscribe = async (text: string, context: Caller) => {
    const document = house.engine.read(text)
    assert.ok('ast' in document, JSON.stringify(document))
    return house.engine.subscribe({ document, context })
  }
  return { ...house, subscribe, events, opened }
}

const answersOf = (subscribed: Awaited<ReturnType<ReturnType<typeof listening>['subscribe']>>) => {
  assert.ok(isStream<ExecutionResult>(subscribed), JSON.stringify(subscribed))
  return {
    next: async () => JSON.parse(JSON.stringify((await subscribed.next()).value ?? null)),
    return: () => subscribed.return?.(),
  }
}
const user = { __typename: 'User', id: '1', name: 'Ada', email: 'ada@example.com' }

test('events are asked for, and told, without what is withheld', async () => {
  const { subscribe, events, opened, asked } = listening()
  const query = 'subscription { changed { name email title account { bank } } }'
  const answers = answersOf(await subscribe(query, {}))
  assert.equal(opened[0]!.query, 'subscription{changed{__typename id name}}')
  events.push({ data: { changed: user } })
  const { data, errors } = await answers.next()
  assert.deepEqual(data, { changed: { name: 'Ada', email: null, title: 'User.title', account: null } })
  assert.deepEqual(
    errors.map(({ path }: { path: string[] }) => path.join('.')),
    ['changed.email', 'changed.account'],
  )
  assert.doesNotMatch(asked.map(({ query }) => query).join(), /account/)
  await answers.return()
})

test('what nothing is left of is not subscribed to', async () => {
  const { subscribe, opened } = listening()
  for (const [query, path] of [
    ['subscription { changed { email } }', ['changed', 'email']],
    ['subscription { told }', ['told']],
  ] as const) {
    const refused = await subscribe(query, {})
    assert.ok(!isStream(refused))
    assert.equal(refused.data, undefined)
    assert.deepEqual(
      refused.errors!.map(({ path, extensions }) => [path, extensions.code]),
      [[path, 'UNAUTHORIZED_FIELD_OR_TYPE']],
    )
  }
  assert.equal(opened.length, 0)
})

test('rejecting refuses a subscription of which anything is withheld', async () => {
  const { subscribe, opened } = listening({ mode: 'reject' })
  const refused = await subscribe('subscription { changed { name email } }', {})
  assert.ok(!isStream(refused))
  assert.deepEqual(
    refused.errors!.map(({ path }) => path),
    [['changed', 'email']],
  )
  assert.equal(opened.length, 0)
})

test('policies are judged again for each event, and one that changes ends the subscription', async () => {
  for (const change of [[], ['staff', 'adult', 'local'], null]) {
    let met: readonly string[] | null = ['staff']
    const { subscribe, events, opened } = listening({
      policies: async () => {
        if (!met) throw new Error('the policies are down')
        return new Set(met)
      },
    })
    const answers = answersOf(await subscribe('subscription { told }', {}))
    events.push({ data: { told: 'one' } })
    assert.deepEqual(await answers.next(), { data: { told: 'one' } })
    met = change
    events.push({ data: { told: 'two' } })
    const next = await answers.next()
    // Who may see the same by another policy goes on.
    if (change?.includes('staff')) {
      assert.deepEqual(next, { data: { told: 'two' } })
      await answers.return()
      continue
    }
    assert.equal(next.data, undefined)
    assert.deepEqual(next.errors[0].extensions, { code: 'UNAUTHORIZED_FIELD_OR_TYPE' })
    assert.equal(await answers.next(), null)
    assert.equal(opened[0]!.signal.aborted, true)
  }
})

test('who may see more than before is told to subscribe again', async () => {
  let scopes: string[] | undefined
  const { subscribe, events } = listening({
    claimsOf: () => (scopes ? { scopes: new Set(scopes) } : null),
  })
  const answers = answersOf(await subscribe('subscription { mixed { name email } }', {}))
  events.push({ data: { mixed: user } })
  assert.equal((await answers.next()).data.mixed.email, null)
  scopes = []
  events.push({ data: { mixed: user } })
  assert.match((await answers.next()).errors[0].message, /subscribe again/)
  assert.equal(await answers.next(), null)
})

test('a dry run goes on', async () => {
  let met = new Set(['staff'])
  const { subscribe, events } = listening({ dryRun: true, policies: async () => met })
  const answers = answersOf(await subscribe('subscription { told }', {}))
  met = new Set()
  events.push({ data: { told: 'one' } })
  assert.deepEqual(await answers.next(), { data: { told: 'one' } })
  await answers.return()
})
