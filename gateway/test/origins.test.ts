import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '#kit/log.ts'
import { internalVerifier } from '#kit/tokens.ts'
import type { SubgraphResponse, Transport } from '#kit/transport.ts'
import { anonymous } from '#kit/viewer.ts'
import { createOrigins } from '../origins.ts'
import { keys, member } from './gateway.ts'

const friend = 'https://dashboards.example'
const ours = member()
const verify = internalVerifier(keys, 'identity')

/** What the door knows of origins, over an identity that answers as it is told; `asked` are the origins it was asked. */
function opened(answer: (origin: string) => Promise<SubgraphResponse>) {
  let now = 1_000_000
  const asked: string[] = []
  const identity: Transport = async ({ variables, token }) => {
    const { viewer, service } = await verify(token)
    assert.equal(service, 'door')
    asked.push(`${viewer.kind === 'member' ? viewer.organizationId : 'any'} ${variables!.origin}`)
    return answer(String(variables!.origin))
  }
  const origins = createOrigins({ identity, keys, log: createLog('gateway', 'silent'), clock: () => now })
  return {
    asked,
    allows: origins.allows,
    later: (ms: number) => {
      now += ms
    },
  }
}
const says = (allowsOrigin: boolean): SubgraphResponse => ({ data: { allowsOrigin } })

test('identity is asked once in five seconds for each organization and origin', async () => {
  const { asked, allows, later } = opened(async (origin) => says(origin === friend))
  for (let times = 0; times < 3; times++) {
    assert.deepEqual(await Promise.all([allows(ours, friend), allows(ours, friend)]), [true, true])
    assert.equal(await allows(anonymous, friend), true)
    assert.equal(await allows(ours, 'https://evil.example'), false)
  }
  const once = [
    `${ours.organizationId} ${friend}`,
    `any ${friend}`,
    `${ours.organizationId} https://evil.example`,
  ]
  assert.deepEqual(asked.toSorted(), once.toSorted())
  later(5_001)
  await allows(ours, friend)
  assert.equal(asked.length, 4)
})

test('what is no origin is not asked about', async () => {
  const { asked, allows } = opened(async () => says(true))
  const long = `https://${'a'.repeat(300)}.example`
  for (const wrong of ['null', '', 'https://a.example/', 'HTTPS://a.example', 'a.example', long])
    assert.equal(await allows(anonymous, wrong), false, wrong)
  assert.deepEqual(asked, [])
})

test('while identity is away the last answer holds for a minute, and what was never asked is not allowed', async () => {
  let away = false
  const { allows, later } = opened(async () => {
    if (away) throw new Error('connect ECONNREFUSED')
    return says(true)
  })
  assert.equal(await allows(ours, friend), true)
  away = true
  later(30_000)
  assert.equal(await allows(ours, friend), true)
  assert.equal(await allows(member(), friend), false)
  later(60_000)
  assert.equal(await allows(ours, friend), false)
})

test('strangers who name many origins have few asked about at once, and members are not kept waiting', async () => {
  const waiting = Promise.withResolvers<void>()
  const { asked, allows } = opened(async (origin) => {
    if (origin !== friend) await waiting.promise
    return says(true)
  })
  const answers = Array.from({ length: 50 }, (_, index) => allows(anonymous, `https://a${index}.example`))
  assert.equal(await allows(ours, friend), true)
  waiting.resolve()
  const allowed = (await Promise.all(answers)).filter(Boolean)
  assert.deepEqual([allowed.length, asked.length], [8, 9])
})
