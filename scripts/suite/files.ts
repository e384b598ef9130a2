import { globSync, readFileSync } from 'node:fs'
import { root } from '#kit/register.ts'
import type { Task } from './crew.ts'

const patterns = ['kit', 'gateway', 'subgraphs', 'scripts', 'k8s', 'web'].map(
  (room) => `${room}/**/*.test.ts`,
)
const isIntegration = (file: string) => file.endsWith('.integration.test.ts')

/** How long a start takes is only told by a machine that does nothing else. */
export const isIdle = (file: string) => file.endsWith('/start.integration.test.ts')

/** What takes longest comes first, so that at the end nobody waits for one of these. */
const longest = [
  'scripts/test/isolation',
  'scripts/test/work',
  'scripts/test/matrix',
  'scripts/test/matrix-without-filters',
  'web/test/pages',
  'gateway/test/faults',
  'scripts/test/apart',
  'gateway/test/hostile',
  'gateway/test/differential',
  'scripts/test/attacks',
  'scripts/test/oracle',
  'scripts/test/command',
  'scripts/test/bulk',
  'scripts/test/compliance',
]
const placeOf = (file: string) => {
  const place = longest.indexOf(file.replace(/(\.integration)?\.test\.ts$/, ''))
  return place < 0 ? longest.length : place
}

/**
 * Files that change what a whole process has, measure it, or look at processes that they have started: those are told
 * by their words, so that nobody has to think of a list.
 */
const changesProcess =
  /npmStart|setGlobalDispatcher|memoryUsage|monitorEventLoopDelay|diagnostics_channel|getActiveResources|process\.(kill|chdir|cpuUsage)\(/

/** All test files, those first that take longest. `only` chooses by kind. */
export function testFiles(only: string | undefined): Task[] {
  return globSync(patterns, { cwd: root })
    .filter((file) => !only || (only === 'integration') === isIntegration(file))
    .sort()
    .sort((one, other) => placeOf(one) - placeOf(other))
    .map((name) => ({ name, alone: changesProcess.test(readFileSync(root + name, 'utf8')) }))
}
