/** What stands in the store that all processes share is read by whoever runs it: no address of a person. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Shared } from '#kit/redis.ts'
import { createKeys } from '#kit/tokens.ts'
import { type Around, start } from '../model/sso-start.ts'

const keys = createKeys('the secret of a test, which is long enough')

/** The key that a sign-in of a client is counted by. */
async function countedAs(ip: string | null): Promise<string> {
  const counted: string[] = []
  const shared = {
    limiter: () => ({
      async consume(key: string) {
        counted.push(key)
        throw new Error('counted')
      },
    }),
  } as unknown as Shared
  const client = ip === null ? null : { ip, userAgent: null }
  await assert.rejects(start({ keys, shared } as Around, { organization: 'acme' }, client), /counted/)
  assert.equal(counted.length, 1)
  return counted[0]!
}

test('sign-ins at a provider are counted by address, and the key does not tell it', async () => {
  const [one, again, other] = [
    await countedAs('203.0.113.7'),
    await countedAs('203.0.113.7'),
    await countedAs('203.0.113.8'),
  ]
  assert.equal(one, again)
  assert.notEqual(one, other)
  for (const key of [one, other, await countedAs(null)]) assert.match(key, /^[\w-]{43}$/)
})
