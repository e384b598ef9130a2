/** Ten thousand attacks that are drawn by lot, and again with what the application itself keeps apart taken out. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from '#kit/register.ts'
import type { Drawn } from '../isolation/attacks.ts'

const count = 10_000
const run = promisify(execFile)

/** In a process of its own, since modules are read once. */
async function draw(seed: number, ...flags: string[]): Promise<Drawn & { taken: Record<string, number> }> {
  const args = [...flags, 'scripts/isolation/draw.ts', `${seed}`, `${count}`]
  const { stdout } = await run(process.execPath, args, { cwd: root, maxBuffer: 2 ** 26 })
  return JSON.parse(stdout)
}

for (const [name, flags] of [
  ['as it is', []],
  ['without its own filters', ['--import', './scripts/isolation/stripped.ts']],
] as const)
  test(`10,000 attacks on Nexus ${name} bring home not one canary`, async (context) => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    const { attacks, byDoor, forbidden, control, leaks, taken } = await draw(seed, ...flags)
    context.diagnostic(
      JSON.stringify({ seed, attacks, byDoor, forbidden, control, leaks: leaks.length, taken }),
    )
    assert.deepEqual(leaks.slice(0, 5), [], `seed ${seed}`)
    assert.ok(attacks >= count)
    assert.deepEqual(Object.keys(byDoor).sort(), ['graph', 'mutations', 'rest', 'subscription'])
    assert.ok(control > 0, 'whose things they are see them')
    const isStripped = flags.length > 0
    // Nobody lacks a permission any more where nobody asks for one.
    assert.ok(isStripped ? Number(taken.permissions) > 0 : forbidden > 0, `${forbidden} refusals`)
  })
