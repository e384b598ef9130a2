/** What the README's tour says of the page, step by step, in the README's own words. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { root } from '#kit/register.ts'
import { fillIn, openHouseAndBrowser } from './browser.ts'

const readme = readFileSync(`${root}README.md`, 'utf8').replaceAll(/\s+/g, ' ')
const promised = (words: string) => assert.ok(readme.includes(words), `the README no longer says: ${words}`)

const { visit } = openHouseAndBrowser()

test('the page does what the tour says', async (t) => {
  promised('Open <http://localhost:4000> and sign in as `admin@acme.example`')
  const { page, asked } = await visit(t)
  await fillIn(page, 'admin@acme.example')
  const second = await visit(t, { as: 'admin@acme.example' })

  promised('**Alerts** acknowledges with one press; a second window shows it at once')
  const rows = [page, second.page].map((window) => window.getByRole('row', { name: 'Shell spawned' }))
  for (const window of [page, second.page]) await window.getByText('Live', { exact: true }).waitFor()
  await rows[0]!.getByRole('button', { name: 'Acknowledge' }).click()
  for (const row of rows) await row.getByText('Acknowledged').waitFor()

  promised("An asset's name leads to all that is known of it, asked in one question")
  await page.waitForLoadState('networkidle')
  const before = asked.length
  await rows[0]!.getByRole('link', { name: 'web-01' }).click()
  await page.getByText('Heartbleed').waitFor()
  await page.getByRole('heading', { name: 'Failing checks' }).waitFor()
  assert.deepEqual(asked.slice(before), ['Asset'])

  promised('Onto **Vulnerabilities**, drop a scanner')
  promised('`subgraphs/integrations/test/fixtures/trivy-image.json`, twice')
  await page.getByRole('link', { name: 'Vulnerabilities' }).click()
  for (const [outcome, count] of [
    ['created', 12],
    ['unchanged', 12],
  ]) {
    await page.setInputFiles(
      'input[type=file]',
      `${root}subgraphs/integrations/test/fixtures/trivy-image.json`,
    )
    const run = page.locator('.run.done')
    await run.getByText(String(outcome)).waitFor()
    assert.match(await run.innerText(), new RegExp(`\\b${count}\\s*${outcome}|${outcome}\\s*${count}\\b`))
    await page.getByRole('button', { name: 'Dismiss trivy-image.json' }).click()
  }

  promised('**Compliance** leads from the score to the file that fails')
  await page.getByRole('link', { name: 'Compliance' }).click()
  await page.getByText('Score', { exact: true }).waitFor()
  await page.getByPlaceholder('Search controls').fill('PR.AA-05')
  promised('Every filter stands in the address')
  await page.waitForURL(/PR\.AA-05/)
  await page.getByRole('link', { name: 'PR.AA-05' }).click()
  await page.getByText('Dockerfile').first().waitFor()
})
