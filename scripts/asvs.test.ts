/** The table of the ASVS says what is there: each test that it names exists, and so does each section. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { root } from '#kit/register.ts'

const read = (file: string) => readFileSync(`${root}${file}`, 'utf8')
const table = read('docs/asvs.md')
const rows = [...table.matchAll(/^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| (.+) \|$/gm)].map(
  ([, id, level, what, shown]) => ({ id: id!, level: level!, what: what!, shown: shown!.split(' ; ') }),
)
// How many requirements each chapter has at the levels 1 and 2.
const perChapter = [27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7]

const quoted = (title: string) => title.replaceAll("'", "\\'")
const hasTest = (file: string, title: string): boolean => {
  const text = read(file)
  return ["'", '"', '`'].some((mark) =>
    text.includes(`test(${mark}${mark === "'" ? quoted(title) : title}${mark}`),
  )
}
const anchors = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replaceAll(',', '').replaceAll(' ', '-'),
  )

test('every requirement of the levels 1 and 2 has its row, once', () => {
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length)
  const chapters = Map.groupBy(rows, ({ id }) => Number(id.split('.')[0]))
  assert.deepEqual(
    [...chapters.values()].map((each) => each.length),
    perChapter,
  )
  const atLevel = (wanted: string) => rows.filter(({ level }) => level === wanted).length
  assert.deepEqual([atLevel('1'), atLevel('2')], [70, 183])
})

test('each row is shown by tests that exist, by a section that exists, or says why not', (t) => {
  const counts: Record<string, number> = {}
  const sections = anchors(read('docs/security-controls.md'))
  for (const { id, shown } of rows) {
    for (const each of shown) {
      const [, file, title] = /^`([^`]+)` › (.+)$/.exec(each) ?? []
      const [, heading, anchor] =
        /^Written: \[([^\]]+)\]\(security-controls\.md#([a-z-]+)\)$/.exec(each) ?? []
      const [, kind, reason] = /^(N\/A|Open): (.{8,})$/.exec(each) ?? []
      if (file && title) assert.ok(hasTest(file, title), `${id}: ${file} has no test "${title}"`)
      else if (heading && anchor)
        assert.ok(sections.includes(anchor), `${id}: there is no section ${heading}`)
      else assert.ok(kind && reason, `${id}: ${each} shows nothing`)
      assert.ok(!kind || shown.length === 1, `${id} is shown and is not`)
    }
    const kind = /^(Written|N\/A|Open)/.exec(shown[0]!)?.[0] ?? 'tested'
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  t.diagnostic(
    `${rows.length} requirements: ${Object.entries(counts)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ')}`,
  )
})

test('the list of what Nexus is made of is whole', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { version?: string; integrity?: string; link?: boolean }>
  }
  const parts = Object.entries(packages).filter(([path]) => path !== '')
  assert.ok(parts.length > 300)
  for (const [path, { version, integrity }] of parts) {
    assert.match(version ?? '', /^\d+\.\d+\.\d+/, path)
    assert.match(integrity ?? '', /^sha512-/, `${path} could be anything`)
  }
})
