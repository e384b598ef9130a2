import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '#kit/log.ts'
import { internalVerifier } from '#kit/tokens.ts'
import type { SubgraphResponse, Transport } from '#kit/transport.ts'
import { permissionsOf } from '#kit/viewer.ts'
import { createStanding } from '../standing.ts'
import { keys, member } from './gateway.ts'

const viewer = member('admin')
const stands = (role: 'admin' | 'viewer' = 'admin'): SubgraphResponse => ({
  data: { standing: { role: role.toUpperCase(), permissions: [...permissionsOf[role]], hasGrants: false } },
})

/** A door whose clock and whose identity are the test's own. */
function openDoor() {
  const asked: Parameters<Transport>[0][] = []
  const door = { now: 0, answer: async (): Promise<SubgraphResponse> => stands() }
  const identity: Transport = async (request) => {
    asked.push(request)
    return door.answer()
  }
  const log = createLog('door', 'silent')
  const standing = createStanding({ identity, keys, log, clock: () => door.now })
  return { door, asked, standing: standing.session }
}
const code = (expected: string) => ({ code: expected })

test('a session is asked about once a second, however many ask at once', async () => {
  const { door, asked, standing } = openDoor()
  await Promise.all(Array.from({ length: 50 }, () => standing(viewer)))
  door.now = 999
  await standing(viewer)
  assert.equal(asked.length, 1)
  door.now = 1_000
  await Promise.all([standing(viewer), standing(viewer)])
  assert.equal(asked.length, 2)
  await standing(member('admin'))
  assert.equal(asked.length, 3, 'another session is another question')
  const caller = await internalVerifier(keys, 'identity')(asked[0]!.token)
  assert.deepEqual([caller.service, caller.viewer], ['door', viewer])
})

test('what identity says of the role counts, not what the token says', async () => {
  const { door, standing } = openDoor()
  door.answer = async () => stands('viewer')
  assert.deepEqual(await standing(viewer), { ...viewer, role: 'viewer', permissions: permissionsOf.viewer })
})

test('a session that has ended is refused', async () => {
  const { door, standing } = openDoor()
  await standing(viewer)
  door.answer = async () => ({ data: { standing: null } })
  door.now = 1_000
  await assert.rejects(standing(viewer), code('UNAUTHENTICATED'))
  door.answer = async () => {
    throw new Error('away')
  }
  door.now = 2_000
  await assert.rejects(standing(viewer), code('UNAUTHENTICATED'), 'also while identity is away')
})

test('while identity is away, who was in stays for five minutes, and nobody new comes in', async () => {
  const { door, standing } = openDoor()
  await standing(viewer)
  const failures: (() => Promise<SubgraphResponse>)[] = [
    () => Promise.reject(new Error('connect ECONNREFUSED')),
    async () => ({ errors: [{ message: 'Internal error' }] }),
    async () => ({ data: {} }),
    async () => ({ data: { standing: { role: 'ROOT', permissions: [], hasGrants: false } } }),
    () => new Promise(() => {}),
  ]
  for (const [index, failure] of failures.entries()) {
    door.answer = failure
    door.now = (index + 1) * 10_000
    assert.equal((await standing(viewer)).role, 'admin')
    await assert.rejects(standing(member()), code('SERVICE_UNAVAILABLE'))
  }
  door.answer = failures[1]!
  door.now = 300_001
  await assert.rejects(standing(viewer), code('SERVICE_UNAVAILABLE'))
})
