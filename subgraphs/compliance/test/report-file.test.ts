import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf } from '../model/report-file.ts'
import type { Row } from '../model/report-list.ts'

async function text(format: 'csv' | 'json', ...pages: Row[][]): Promise<string> {
  async function* turning() {
    yield* pages
  }
  let whole = ''
  for await (const piece of textOf(format, turning(), ['a', 'b'])) whole += piece
  return whole
}

test('a cell that a spreadsheet would reckon with is text', async () => {
  for (const sign of ['=', '+', '-', '@', '\t', '\r']) {
    const [, record] = (await text('csv', [{ a: `${sign}1+1`, b: 0 }])).split(/\n(?!1)/)
    assert.match(record!, /^"?'[=+\-@\t\r]1\+1"?,0$/, JSON.stringify(sign))
  }
  assert.equal(await text('csv', [{ a: -1, b: ['=x', 'y'] }]), "a,b\n-1,'=x; y\n")
})

test('commas, quotes and ends of lines stay in their cell, and nothing is nothing', async () => {
  assert.equal(await text('csv', [{ a: 'x,"y"\nz', b: null }]), 'a,b\n"x,""y""\nz",\n')
})

test('pages join without a seam, and no page at all is an empty report', async () => {
  const rows = [
    { a: 1, b: '=x' },
    { a: 2, b: null },
    { a: 3, b: [] },
  ]
  assert.equal(await text('csv', rows.slice(0, 2), rows.slice(2)), "a,b\n1,'=x\n2,\n3,\n")
  assert.deepEqual(JSON.parse(await text('json', rows.slice(0, 1), [], rows.slice(1))), rows)
  assert.deepEqual(JSON.parse(await text('json')), [])
  assert.equal(await text('csv', []), 'a,b\n')
})
