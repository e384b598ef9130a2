/**
 * `npm test`: types, lint, walls, contracts, then all tests. The last line is `N passed, N failed`, and
 * `, N skipped` where something was skipped. `unit` and `integration` choose tests and leave out the checks.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { run } from 'node:test'
import { root } from '#kit/register.ts'

const checks: [name: string, command: string, ...args: string[]][] = [
  ['types', 'tsc', '-p', '.'],
  ['types of the page', 'tsc', '-p', 'web'],
  ['lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['walls', 'node', 'scripts/boundaries.ts'],
  ['contracts', 'node', 'scripts/compose.ts', '--check'],
  ['settings', 'node', 'scripts/settings.ts', '--check'],
]
const patterns = ['kit', 'gateway', 'subgraphs', 'scripts', 'k8s', 'web'].map(
  (room) => `${room}/**/*.test.ts`,
)
const isIntegration = (file: string) => file.endsWith('.integration.test.ts')
const longestMs = 300_000

const tally = { passed: 0, failed: 0, skipped: 0 }

function check([name, command, ...args]: (typeof checks)[number]): void {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  ${name}`)
  if (status === 0) tally.passed += 1
  else tally.failed += 1
}

type Ended = {
  name: string
  file?: string
  skip?: string | boolean
  details: { type?: string; error?: Error }
}

function count(kind: 'passed' | 'failed', { name, file, skip, details }: Ended): void {
  if (skip) {
    tally.skipped += 1
    console.log(`skip    ${name}: ${skip === true ? 'no reason given' : skip}`)
    return
  }
  // A suite is no test of its own, but one that breaks outside its tests must not pass unseen.
  if (details.type === 'suite' && kind === 'passed') return
  tally[kind] += 1
  if (kind === 'passed') return
  const cause = details.error?.cause ?? details.error
  console.log(`FAILED  ${name} (${file})\n${cause instanceof Error ? cause.stack : String(cause)}`)
}

/** From when until when something of a file was heard, in milliseconds. */
const heard = new Map<string, { from: number; until: number }>()

function hear({ file }: { file?: string }): void {
  if (!file) return
  const now = performance.now()
  const times = heard.get(file)
  if (times) times.until = now
  else heard.set(file, { from: now, until: now })
}

function tellSlowest(): void {
  const took = [...heard].map(([file, { from, until }]) => ({
    file: file.replace(root, ''),
    ms: until - from,
  }))
  for (const { file, ms } of took.sort((a, b) => b.ms - a.ms).slice(0, 10))
    console.log(`${(ms / 1_000).toFixed(1).padStart(6)} s  ${file}`)
}

async function test(files: string[], concurrency: number): Promise<void> {
  const events = run({ files, cwd: root, concurrency, timeout: longestMs, forceExit: false })
  // Passes and failures are told in the order of files; these two when they happen.
  for (const each of ['test:dequeue', 'test:complete'] as const) events.on(each, hear)
  events.on('test:pass', (event) => count('passed', event as Ended))
  events.on('test:fail', (event) => count('failed', event as Ended))
  events.on('test:stderr', ({ message }) => process.stderr.write(message))
  events.on('test:stdout', ({ message }) => process.stdout.write(message))
  for await (const _ of events);
}

const only = process.argv[2]
if (!only) for (const each of checks) check(each)
const files = globSync(patterns, { cwd: root }).filter(
  (file) => !only || (only === 'integration') === isIntegration(file),
)
// How long a start takes is only told by a machine that does nothing else.
const alone = files.filter((file) => file.endsWith('/start.integration.test.ts'))
if (alone.length > 0) await test(alone, 1)
await test(files.filter((file) => !alone.includes(file)).sort(), 2)
tellSlowest()
const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''
console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`)
process.exitCode = tally.failed > 0 ? 1 : 0
