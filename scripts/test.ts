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
import { type Hears, member } from './suite/crew.ts'
import { isIdle, testFiles } from './suite/files.ts'

type Check = [name: string, command: string, ...args: string[]]
// By its path: `typescript` 6, which the types of GraphQL documents want, has a `tsc` too.
const tsc = 'node_modules/@typescript/native/bin/tsc'
const checks: Check[] = [
  ['types', 'node', tsc, '-p', '.'],
  ['types of the page', 'node', tsc, '-p', 'web'],
  ['lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['walls', 'node', 'scripts/boundaries.ts'],
  ['contracts', 'node', 'scripts/compose.ts', '--check'],
  ['settings', 'node', 'scripts/settings.ts', '--check'],
]

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

async function checkAll(env: NodeJS.ProcessEnv): Promise<void> {
  for (const [name, command, ...args] of checks) {
    const from = performance.now()
    const isRight = await run(command, args, env)
    console.log(`${isRight ? 'ok    ' : 'FAILED'}  ${name}`)
    tally[isRight ? 'passed' : 'failed'] += 1
    hears.took(name, performance.now() - from)
  }
}

function tellSlowest(): void {
  for (const { file, ms } of took.sort((a, b) => b.ms - a.ms).slice(0, 10))
    console.log(`${(ms / 1_000).toFixed(1).padStart(6)} s  ${file}`)
}

/** A data folder with every schema, for houses to begin with; where it cannot be made each makes its own. */
async function makeTemplate(env: NodeJS.ProcessEnv): Promise<{ NEXUS_TEST_TEMPLATE?: string }> {
  const folder = join(temporary, 'template')
  return (await run('node', ['scripts/suite/template.ts', folder], env))
    ? { NEXUS_TEST_TEMPLATE: folder }
    : {}
}

const given = process.argv.slice(2)
const only = given[0] === 'unit' || given[0] === 'integration' ? given[0] : undefined
const tasks = testFiles(only).filter(({ name }) => only || given.length === 0 || given.includes(name))
const unknown = only ? [] : given.filter((name) => tasks.every((task) => task.name !== name))
if (unknown.length > 0) throw new Error(`No test files: ${unknown.join(', ')}`)
const temporary = mkdtempSync(join(tmpdir(), 'nexus-tests-'))
try {
  const env = { ...process.env, NODE_COMPILE_CACHE: `${root}node_modules/.cache/nexus` }
  const [idle, busy] = [tasks.filter(({ name }) => isIdle(name)), tasks.filter(({ name }) => !isIdle(name))]
  await member(() => idle.shift(), hears, env)
  const checking = given.length === 0 ? checkAll(env) : Promise.resolve()
  const settings = { ...env, ...(await makeTemplate(env)) }
  const work = () => member(() => busy.shift(), hears, settings)
  await Promise.all([work(), checking.then(work)])
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
tellSlowest()
const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''
console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`)
process.exitCode = tally.failed > 0 ? 1 : 0
