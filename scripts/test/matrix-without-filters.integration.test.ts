/** Every cell of the matrix again, with what the application itself keeps apart taken out: row level security holds. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from '#kit/register.ts'

const run = promisify(execFile)
type Told = { cells: number; opened: number; leaks: string[]; taken: Record<string, number> }

test('without its own filters Nexus answers more, and not one canary of another tenant', async (context) => {
  const args = ['--import', './scripts/isolation/stripped.ts', 'scripts/test/matrix/ask-all.ts']
  const { stdout } = await run(process.execPath, args, { cwd: root, maxBuffer: 2 ** 26 })
  const { cells, opened, leaks, taken }: Told = JSON.parse(stdout.trim().split('\n').at(-1)!)
  context.diagnostic(JSON.stringify({ cells, opened, leaks: leaks.length, taken }))
  assert.deepEqual(leaks.slice(0, 5), [])
  assert.ok(cells > 3_000, `${cells}`)
  assert.ok(opened > 200, `${opened} cells were opened by it`)
  for (const [filter, times] of Object.entries(taken)) assert.ok(times > 0, `${filter} is not there any more`)
})
