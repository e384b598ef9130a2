/** An asset in one question, and reports that are dropped onto the page. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { idOfName } from '#kit/id.ts'
import { root } from '#kit/register.ts'
import { openHouseAndBrowser } from './browser.ts'

const report = `${root}subgraphs/integrations/test/fixtures/trivy-image.json`
const { visit } = openHouseAndBrowser()

const outcome = async (page: Page) => {
  await page.locator('.run.done').waitFor()
  const names = await page.locator('.outcome dt').allTextContents()
  const counts = await page.locator('.outcome dd').allTextContents()
  return Object.fromEntries(names.map((name, index) => [name, Number(counts[index])]))
}

test('the page of an asset asks one question, which all subgraphs answer', async (t) => {
  const at = `/assets/${idOfName('acme', 'asset', 'web-01')}`
  const { page, asked } = await visit(t, { as: 'viewer@acme.example', at })
  await page.getByRole('heading', { name: 'web-01', level: 1 }).waitFor()
  await page.getByText('Shell spawned by the web server', { exact: true }).waitFor()
  await page.getByText('Heartbleed').waitFor()
  await page.getByText('No check fails on this asset.').waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  await page.waitForLoadState('networkidle')
  assert.deepEqual(asked, ['Asset'])
})

test('an asset of another tenant is not told from one that does not exist', async (t) => {
  const shown = []
  for (const id of [idOfName('globex', 'asset', 'web-01'), idOfName('acme', 'asset', 'nobody')]) {
    const { page } = await visit(t, { as: 'viewer@acme.example', at: `/assets/${id}` })
    await page.getByRole('heading', { name: 'There is no such asset' }).waitFor()
    shown.push(await page.locator('main').innerText())
  }
  assert.equal(shown[0], shown[1])
})

test('a report that is dropped is imported, and the list shows what it found', async (t) => {
  const { page } = await visit(t, { as: 'manager@acme.example', at: '/vulnerabilities' })
  await page.getByText('Shellshock').waitFor()
  assert.equal(await page.locator('tbody tr').count(), 3)
  await drop(page, 'trivy-image.json', readFileSync(report, 'utf8'))
  assert.deepEqual(await outcome(page), {
    created: 12,
    updated: 0,
    unchanged: 0,
    reopened: 0,
    closed: 0,
    skipped: 0,
    total: 12,
  })
  await page.getByText('15 items of 15').waitFor()
  await page.getByRole('button', { name: 'Dismiss trivy-image.json' }).click()

  // By the button it is the same, and a report imported twice changes nothing.
  await page.getByLabel('Import report').focus()
  await page.setInputFiles('input[type=file]', report)
  assert.deepEqual((await outcome(page)).unchanged, 12)
  assert.equal(await page.locator('tbody tr').count(), 15)
})

test('a report that is none is refused with its code', async (t) => {
  const { page } = await visit(t, { as: 'manager@acme.example', at: '/vulnerabilities' })
  await page.getByText('Shellshock').waitFor()
  await drop(page, 'notes.txt', 'no report at all')
  await page.locator('.run.refused code', { hasText: /^REPORT_NOT_JSON$/ }).waitFor()
})

test('who may not import is told so, and by whom it can be granted', async (t) => {
  const { page, complaints } = await visit(t, { as: 'analyst@acme.example', at: '/vulnerabilities' })
  await page.getByText('Shellshock').waitFor()
  await drop(page, 'trivy-image.json', readFileSync(report, 'utf8'))
  const run = page.locator('.run.refused')
  await run.getByText('FORBIDDEN').waitFor()
  await run.getByText(/needs the permission vulnerabilities:import.*administrator/).waitFor()
  assert.match(complaints.splice(0).join('\n'), /^Failed to load resource: .* 403 \(Forbidden\)$/)
})

test('the order stands in the address, and a search finds a CVE', async (t) => {
  const { page } = await visit(t, {
    as: 'viewer@acme.example',
    at: '/vulnerabilities?sort=CVSS_SCORE&direction=ASC',
  })
  await page.getByRole('table').waitFor()
  const scores = (await page.locator('td.c-number').allTextContents())
    .filter((score) => score !== '–')
    .map(Number)
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => a - b),
  )
  await page.getByPlaceholder('Search title or CVE').fill('CVE-2014-0160')
  await page.getByText('1 item of 1').waitFor()
  await page.waitForURL(/q=CVE-2014-0160/)
})

test('a long list comes by the page, and is read again as far as it is shown', async (t) => {
  const { page, asked } = await visit(t, { as: 'manager@globex.example', at: '/vulnerabilities' })
  await page.getByText('3 items of 3').waitFor()
  await drop(page, 'many.json', manyFindings(120))
  await page.locator('.run.done').waitFor()
  await page.getByText('50 items of 123').waitFor()
  await page.getByRole('button', { name: 'Load more' }).click()
  await page.getByText('100 items of 123').waitFor()
  assert.equal(await page.locator('tbody tr').count(), 100)
  const before = asked.length
  await drop(page, 'many.json', manyFindings(130))
  await page.getByText('100 items of 133').waitFor()
  assert.equal(asked.slice(before).filter((name) => name === 'Vulnerabilities').length, 2)
  await page.getByRole('button', { name: 'Load more' }).click()
  await page.getByText('133 items of 133').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Load more' }).count(), 0)
  const titles = await page.locator('td.c-main').allTextContents()
  assert.equal(new Set(titles).size, 133)
})

function manyFindings(count: number): string {
  const whole = JSON.parse(readFileSync(report, 'utf8'))
  const [result] = whole.Results.filter(
    ({ Vulnerabilities }: { Vulnerabilities?: object[] }) => Vulnerabilities?.length,
  )
  const one = result.Vulnerabilities[0]
  const named = (_each: unknown, index: number) => ({
    ...one,
    PkgName: `part-${index}`,
    PkgIdentifier: undefined,
    PkgID: undefined,
    Title: `Weakness ${index}`,
  })
  return JSON.stringify({
    ...whole,
    Results: [{ ...result, Vulnerabilities: Array.from({ length: count }, named) }],
  })
}

/** Drops a file onto the page, as a hand would. */
async function drop(page: Page, name: string, content: string) {
  const transfer = await page.evaluateHandle(
    `(() => { const transfer = new DataTransfer();
      transfer.items.add(new File([${JSON.stringify(content)}], ${JSON.stringify(name)})); return transfer })()`,
  )
  await page.dispatchEvent('body', 'dragover', { dataTransfer: transfer })
  await page.getByText('Drop to import').waitFor()
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer })
}
