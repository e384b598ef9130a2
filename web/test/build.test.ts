import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { root } from '#kit/register.ts'
import { buildPage } from './browser.ts'

const dist = `${root}web/dist`
const budget = 180 * 1024
type Chunk = { file: string; imports?: string[]; isEntry?: boolean }

before(buildPage)

test('what a browser loads before the first page is within the budget', () => {
  const chunks = JSON.parse(readFileSync(`${dist}/.manifest.json`, 'utf8')) as Record<string, Chunk>
  const initial = new Set<string>()
  const load = (name: string) => {
    if (initial.has(name)) return
    initial.add(name)
    for (const each of chunks[name]!.imports ?? []) load(each)
  }
  for (const [name, { isEntry }] of Object.entries(chunks)) if (isEntry) load(name)
  // The page of the alerts, where everybody arrives, counts as well.
  load('src/pages/alerts.tsx')
  const sizes = [...initial].map((name) => gzipSync(readFileSync(`${dist}/${chunks[name]!.file}`)).length)
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  assert.ok(bytes > 50_000 && bytes <= budget, `${bytes} bytes`)
})

test('nothing is inline, and nothing comes from elsewhere', () => {
  const html = readFileSync(`${dist}/index.html`, 'utf8')
  assert.doesNotMatch(html, /<style|style=| on\w+=|<script(?![^>]* src="\/static\/)/)
  for (const [, url] of html.matchAll(/(?:src|href)="([^"]+)"/g)) assert.match(url!, /^\/[^/]/)
  for (const name of readdirSync(`${dist}/static`).filter((name) => name.endsWith('.css')))
    assert.doesNotMatch(readFileSync(`${dist}/static/${name}`, 'utf8'), /https?:|@font-face/)
})
