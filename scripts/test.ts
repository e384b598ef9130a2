/**
 * `npm test`: types, lint, walls, contracts, then all tests. The last line is `N passed, N failed`, and
 * `, N skipped` where something was skipped. `unit` and `integration` choose tests and leave out the checks; names of
 * files choose those.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '#kit/register.ts'
import { type Hears, member, type Task } from './suite/crew.ts'
import { isIdle, testFiles } from './suite/files.ts'

type Check = [name: string, command: string, ...args: string[]]
const checks: Check[] = [
  ['types', 'tsc', '-p', '.'],
  ['types of the page', 'tsc', '-p', 'web'],
  ['lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['walls', 'node', 'scripts/boundaries.ts'],
  ['contracts', 'node', 'scripts/compose.ts', '--check'],
  ['settings', 'node', 'scripts/settings.ts', '--check'],
]
const members = 2

const tally = { passed: 0, failed: 0, skipped: 0 }
const took: { file: string; ms: number }[] = []

const hears: Hears = {
  ended(file, { kind, name, isSuite, skip, reason }) {
    if (skip) {
      tally.skipped += 1
      console.log(`skip    ${name}: ${skip === true ? 'no reason given' : skip}`)
      return
    }
    // A suite is no test of its own, but one that breaks outside its tests must not pass unseen.
    if (isSuite && kind === 'passed') return
    tally[kind] += 1
    if (kind === 'failed') console.log(`FAILED  ${name} (${file})\n${reason}`)
  },
  took: (file, ms) => took.push({ file, ms }),
}

async function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
  const [code] = await once(child, 'exit')
  return code === 0
}

async function check([name, command, ...args]: Check, env: NodeJS.ProcessEnv): Promise<void> {
  const from = performance.now()
  const isRight = await run(command, args, env)
  console.log(`${isRight ? 'ok    ' : 'FAILED'}  ${name}`)
  tally[isRight ? 'passed' : 'failed'] += 1
  took.push({ file: name, ms: performance.now() - from })
}

function tellSlowest(): void {
  for (const { file, ms } of took.sort((a, b) => b.ms - a.ms).slice(0, 10))
    console.log(`${(ms / 1_000).toFixed(1).padStart(6)} s  ${file}`)
}

async function test(tasks: Task[], count: number, env: NodeJS.ProcessEnv): Promise<void> {
  const alone = tasks.filter((task) => task.alone)
  const together = tasks.filter((task) => !task.alone)
  // Those who keep their process go on with it; what needs one of its own comes first, where it takes long.
  const next = () => alone.shift() ?? together.shift()
  await Promise.all(Array.from({ length: count }, () => member(next, hears, env)))
}

const given = process.argv.slice(2)
const only = given[0] === 'unit' || given[0] === 'integration' ? given[0] : undefined
const named = only ? [] : given
const template = mkdtempSync(join(tmpdir(), 'nexus-template-'))
const env = { ...process.env, NODE_COMPILE_CACHE: `${root}node_modules/.cache/nexus` }
try {
  const files = testFiles(only).filter(({ name }) => named.length === 0 || named.includes(name))
  await test(
    files.filter(({ name }) => isIdle(name)),
    1,
    env,
  )
  const makesTemplate = run('node', ['scripts/suite/template.ts', template], env)
  if (given.length === 0) for (const each of checks) await check(each, env)
  const houses = (await makesTemplate) ? { ...env, NEXUS_TEST_TEMPLATE: template } : env
  await test(
    files.filter(({ name }) => !isIdle(name)),
    members,
    houses,
  )
} finally {
  rmSync(template, { recursive: true, force: true })
}
tellSlowest()
const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''
console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`)
process.exitCode = tally.failed > 0 ? 1 : 0
