/** Every page, in light and in dark, wide and narrow: nothing to complain of, and nothing to scroll sideways. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { idOfName } from '#kit/id.ts'
import { root } from '#kit/register.ts'
import { openHouseAndBrowser } from './browser.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let control: string
// What there is to see is more after a report.
const { visit } = openHouseAndBrowser(async (house) => {
  const manager = await house.as('manager@acme.example')
  const report = readFileSync(`${root}subgraphs/integrations/test/fixtures/trivy-image.json`)
  const { body } = await manager.rest('POST', '/integrations/imports?file=trivy-image.json', report)
  for (let status = ''; status !== 'complete'; )
    status = (await manager.rest('GET', `/integrations/imports/${body.data.id}`)).body.data.status
  control = (await manager.rest('GET', '/compliance/controls?search=PR.AA-05')).body.data.items[0].id
})

type Place = { name: string; at: () => string; shows: string; as?: null }
const places: Place[] = [
  { name: 'sign in', at: () => '/', shows: 'h1', as: null },
  { name: 'alerts', at: () => '/alerts', shows: 'tbody tr' },
  { name: 'alerts of which none matches', at: () => '/alerts?q=nothing', shows: '.notice' },
  { name: 'assets', at: () => '/assets', shows: 'tbody tr' },
  { name: 'one asset', at: () => `/assets/${idOfName('acme', 'asset', 'web-01')}`, shows: 'tbody tr' },
  { name: 'no asset', at: () => '/assets/nothing', shows: '.notice' },
  { name: 'vulnerabilities', at: () => '/vulnerabilities?severity=CRITICAL', shows: 'tbody tr' },
  { name: 'compliance', at: () => '/compliance', shows: 'tbody tr' },
  { name: 'one control', at: () => `/compliance/${control}`, shows: 'tbody tr' },
  { name: 'security', at: () => '/security', shows: '.part' },
  { name: 'no page', at: () => '/nowhere', shows: '.notice' },
]
const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
]

for (const { name, at, shows, as } of places)
  test(`${name}: nothing to complain of, in light and dark, wide and narrow`, async (t) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const who = as === null ? {} : { as: 'analyst@acme.example' }
      const { page } = await visit(t, { ...who, at: at(), colorScheme })
      for (const viewport of sizes) {
        await page.setViewportSize(viewport)
        await page.locator(shows).first().waitFor()
        const where = `${name}, ${colorScheme}, ${viewport.width}`
        assert.deepEqual(await violations(page), [], where)
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), viewport.width, where)
      }
    }
  })

test('at no width does a list scroll sideways', async (t) => {
  const { page } = await visit(t, { as: 'analyst@acme.example' })
  for (const at of ['/alerts', '/assets', '/vulnerabilities', '/compliance']) {
    await page.goto(at)
    await page.locator('tbody tr').first().waitFor()
    for (const width of [360, 768, 769, 1024, 1152, 1153, 1920]) {
      await page.setViewportSize({ width, height: 800 })
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `${at} at ${width}`)
    }
  }
})

test('the narrowest telephone can acknowledge', async (t) => {
  const { page } = await visit(t, { as: 'analyst@acme.example', viewport: { width: 360, height: 640 } })
  await page
    .getByRole('button', { name: /^Acknowledge/ })
    .first()
    .waitFor()
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
  const box = await page
    .getByRole('button', { name: /^Acknowledge/ })
    .first()
    .boundingBox()
  assert.ok(box && box.x >= 0 && box.x + box.width <= 360 && box.height >= 24)
})

test('all of it is reached by keys, and the focus is seen', async (t) => {
  const { page } = await visit(t, { as: 'viewer@acme.example' })
  await page.locator('tbody tr').first().waitFor()
  const reached: unknown[] = []
  for (let press = 0; press < 16; press++) {
    await page.keyboard.press('Tab')
    reached.push(
      await page.evaluate(
        `(({ activeElement: it }) => getComputedStyle(it.closest('.search') ?? it).outlineStyle !== 'none' || getComputedStyle(it).outlineStyle !== 'none' ? (it.ariaLabel || it.placeholder || it.innerText).trim() : 'not seen')(document)`,
      ),
    )
  }
  assert.ok(!reached.includes('not seen'), reached.join(', '))
  for (const name of ['Skip to the page', 'Compliance', 'Sign out', 'Search alerts', 'Severity', 'web-01'])
    assert.ok(reached.includes(name), `${name} among ${reached.join(', ')}`)
})

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const { violations } = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  )) as { violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`)
}
