/**
 * Ten thousand attacks that are drawn by lot, with what the application itself keeps apart taken out: row level
 * security holds alone. Nexus as it is withstands them in `isolation.integration.test.ts`.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from '#kit/register.ts'
import type { Drawn } from '../isolation/attacks.ts'

const count = 10_000
// A few more, should a document be refused as a whole: those count for nothing.
const drawnAtAll = count + 200
const run = promisify(execFile)

/** In a process of its own, since modules are read once. */
async function draw(seed: number): Promise<Drawn & { taken: Record<string, number> }> {
  const stripped = ['--import', './scripts/isolation/stripped.ts']
  const args = [...stripped, 'scripts/isolation/draw.ts', `${seed}`, `${drawnAtAll}`]
  const { stdout } = await run(process.execPath, args, { cwd: root, maxBuffer: 2 ** 26 })
  return JSON.parse(stdout)
}

test('10,000 attacks on Nexus without its own filters bring home not one canary', async (context) => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const { attacks, byDoor, refused, forbidden, control, leaks, taken } = await draw(seed)
  context.diagnostic(
    JSON.stringify({ seed, attacks, byDoor, refused, forbidden, control, leaks: leaks.length, taken }),
  )
  assert.deepEqual(leaks.slice(0, 5), [], `seed ${seed}`)
  assert.ok(attacks - refused >= count, `${refused} in documents that were refused as a whole`)
  assert.deepEqual(Object.keys(byDoor).sort(), ['graph', 'mutations', 'rest', 'subscription'])
  assert.ok(control > 0, 'whose things they are see them')
  for (const [filter, times] of Object.entries(taken)) assert.ok(times > 0, `${filter} is not there any more`)
})
