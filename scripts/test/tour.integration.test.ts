/** The README's tour, pasted into a shell as it stands; only the address and the folder are the test's. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { root } from '#kit/register.ts'
import { openTestHouse, type TestHouse } from '../test-house.ts'

let house: TestHouse
before(async () => {
  house = await openTestHouse()
})
after(() => house?.close())

const readme = readFileSync(`${root}README.md`, 'utf8')
const tour = readme.slice(readme.indexOf('<!-- tour -->'), readme.indexOf('<!-- /tour -->'))
const blocks = [...tour.matchAll(/```(sh|text)\n([\s\S]*?)```/g)].map(([, kind, text]) => ({
  kind,
  text: text!,
}))

test('the tour does what it says', async () => {
  const commands = blocks.filter((block) => block.kind === 'sh').map((block) => block.text)
  const promises = blocks
    .filter((block) => block.kind === 'text')
    .flatMap((block) => block.text.trim().split('\n'))
  assert.ok(commands.length >= 5 && promises.length >= 8)
  const script = commands
    .join('\necho\n')
    .replaceAll('http://localhost:4000', house.url)
    .replaceAll('.nexus/', `${house.dataDir}/`)
  const { status, stdout, stderr } = await shell(script)
  assert.equal(status, 0, stderr)
  for (const promise of promises) assert.ok(stdout.includes(promise), `${promise}\nis not in\n${stdout}`)
})

async function shell(script: string) {
  const env = { ...process.env, NEXUS_URL: house.url, NEXUS_DATA_DIR: house.dataDir }
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd: root, env })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const status = await new Promise((resolve) => child.once('exit', resolve))
  return { status, stdout, stderr }
}
