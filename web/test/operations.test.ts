import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'graphql'
import { root } from '#kit/register.ts'
import { createPersisted, type Registered } from '../../gateway/federation/persisted.ts'

type Client = Record<'query' | 'mutation', (document: unknown, variables: object) => Promise<unknown>> & {
  subscription(
    document: unknown,
    variables: object,
  ): { subscribe(heard: () => void): { unsubscribe(): void } }
}
// The page is checked with the types of a browser, this is not.
const page = new URL('../src/client.ts', import.meta.url).href
const { createPageClient } = (await import(page)) as {
  createPageClient(live: object, onEnded: () => void): Client
}
const registered = JSON.parse(readFileSync(`${root}schema/operations.json`, 'utf8')) as Registered[]
const ofPage = registered.filter(({ name }) => name.startsWith('page.'))

test('every operation has a name of its own, and the hash of its text for an id', () => {
  assert.equal(new Set(registered.map(({ name }) => name)).size, registered.length)
  for (const { id, text } of registered) assert.equal(id, createHash('sha256').update(text).digest('hex'))
  assert.ok(ofPage.length >= 10)
  assert.ok(registered.length >= 50)
})

test('the page sends the texts that are registered, letter by letter', async (t) => {
  const sent: string[] = []
  const heard = Promise.withResolvers<void>()
  t.mock.method(globalThis, 'fetch', async (_url: unknown, { body }: { body: string }) => {
    sent.push(JSON.parse(body).query)
    return new Response('{"errors":[{"message":"no"}]}', { headers: { 'content-type': 'application/json' } })
  })
  const live = {
    subscribe: ({ query }: { query: string }) => {
      sent.push(query)
      heard.resolve()
      return () => {}
    },
    state: () => 'live',
    openings: () => 1,
    onChange: () => () => {},
    close: () => {},
  }
  const persisted = createPersisted(registered)
  for (const { kind, name, text } of ofPage) {
    const client = createPageClient(live, () => {})
    const document = parse(text)
    const variables = { input: { id: '1' } }
    if (kind === 'subscription') {
      const subscription = client.subscription(document, {}).subscribe(() => {})
      await heard.promise
      subscription.unsubscribe()
    } else await client[kind as 'query' | 'mutation'](document, variables)
    assert.equal(persisted.textOf({ query: sent.pop() }, true), text, name)
  }
})
