/** The alerts: filtered by their address, changed by others and by oneself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { idOfName } from '#kit/id.ts'
import { openHouseAndBrowser, operationOf } from './browser.ts'

const shell = 'Shell spawned by the web server'
const signIn = 'Sign-in from a country never seen before'
const scan = 'Port scan from the internet'

const { opened, visit } = openHouseAndBrowser()
const rowOf = (page: Page, title: string) => page.getByRole('row').filter({ hasText: title })
const live = (page: Page) => page.getByText('Live', { exact: true }).waitFor()

async function acknowledge(email: string, slug: string, title: string) {
  const visitor = await opened.house.as(email)
  const { status } = await visitor.rest('POST', `/alerts/${idOfName(slug, 'alert', title)}/acknowledge`)
  assert.equal(status, 200)
}

test('filters stand in the address, and what is wrong in it is left out', async (t) => {
  const { page } = await visit(t, { as: 'viewer@acme.example', at: '/alerts?severity=HIGH&status=nonsense' })
  await rowOf(page, signIn).waitFor()
  assert.equal(await page.locator('tbody tr').count(), 2)
  assert.equal(await page.locator('h1 + .count').textContent(), '2')

  await page.locator('summary', { hasText: 'Status' }).click()
  await page.getByRole('checkbox', { name: 'Open' }).check()
  await rowOf(page, 'Database dump').waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  assert.deepEqual(new URL(page.url()).searchParams.get('status'), '["OPEN"]')

  await page.reload()
  await rowOf(page, signIn).waitFor()
  assert.equal(await page.locator('tbody tr').count(), 1)
  await page.getByPlaceholder('Search alerts').fill('no such thing')
  await page.getByRole('heading', { name: 'No alert matches' }).waitFor()
  await page.getByRole('button', { name: 'Clear' }).click()
  await rowOf(page, shell).waitFor()
  assert.equal(new URL(page.url()).search, '')
  assert.equal(await page.getByPlaceholder('Search alerts').inputValue(), '')
})

test('what somebody else does is shown without asking, and to its own tenant only', async (t) => {
  const { page, asked } = await visit(t, { as: 'viewer@acme.example' })
  const theirs = await visit(t, { as: 'viewer@globex.example' })
  await Promise.all([live(page), live(theirs.page)])
  await Promise.all([rowOf(page, shell).waitFor(), rowOf(theirs.page, shell).waitFor()])
  await page.waitForLoadState('networkidle')
  const before = asked.length
  await acknowledge('analyst@acme.example', 'acme', shell)
  await rowOf(page, shell).getByText('Acknowledged').waitFor()
  await rowOf(page, shell).getByText('Analyst of acme').waitFor()
  assert.equal(asked.length, before, 'nothing was read again')

  await pause(300)
  assert.equal(await rowOf(theirs.page, shell).getByText('Open').count(), 1)
  assert.deepEqual(
    theirs.heard.filter((message) => message.includes('"next"')),
    [],
  )
})

test('an acknowledgement shows at once', async (t) => {
  const { page } = await visit(t, { as: 'analyst@acme.example' })
  const held = await hold(page, 'Acknowledge')
  await rowOf(page, signIn).getByRole('button', { name: 'Acknowledge' }).click()
  await held.arrived
  await rowOf(page, signIn).getByText('Acknowledged').waitFor()
  held.release()
  await page.waitForLoadState('networkidle')
  await rowOf(page, signIn).getByText('Acknowledged').waitFor()
  assert.equal(await rowOf(page, signIn).getByRole('button').count(), 0)
})

test('an acknowledgement that is refused is taken back, with the reason and the request', async (t) => {
  const { page } = await visit(t, { as: 'viewer@acme.example' })
  const held = await hold(page, 'Acknowledge')
  await rowOf(page, scan).getByRole('button', { name: 'Acknowledge' }).click()
  await held.arrived
  await rowOf(page, scan).getByText('Acknowledged').waitFor()
  held.release()
  await rowOf(page, scan).getByText('Open').waitFor()
  await page
    .getByText(/is not acknowledged: This needs the permission alerts:write\. Request [\w-]{36}/)
    .waitFor()
})

test('what happened while the network was away is read when it is back', async (t) => {
  const { page, complaints } = await visit(t, { as: 'viewer@acme.example' })
  await live(page)
  await rowOf(page, scan).getByText('Open').waitFor()
  await page.context().setOffline(true)
  await page.getByText('Offline', { exact: true }).waitFor()
  await acknowledge('analyst@acme.example', 'acme', scan)
  await page.context().setOffline(false)
  await live(page)
  await rowOf(page, scan).getByText('Acknowledged').waitFor()
  // Whoever tries to come back too early is told by the browser.
  for (const complaint of complaints.splice(0)) assert.match(complaint, /ERR_INTERNET_DISCONNECTED/)
})

test('a list that cannot be read says so, and is read again', async (t) => {
  const { page, complaints } = await visit(t, { as: 'viewer@acme.example' })
  await rowOf(page, shell).waitFor()
  await page.route('**/graphql', (route) => route.abort())
  await page.goto('/assets')
  await page.getByRole('heading', { name: 'Nexus does not answer' }).waitFor()
  await page.unroute('**/graphql')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('link', { name: 'web-01' }).waitFor()
  // The list, and what the socket asks before it opens.
  const failed = complaints.splice(0)
  assert.ok(failed.length > 0)
  for (const complaint of failed) assert.equal(complaint, 'Failed to load resource: net::ERR_FAILED')
})

/** Keeps one operation from the gateway until it is released. */
async function hold(page: Page, operation: string) {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let arrive = () => {}
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  await page.route('**/graphql', async (route) => {
    if (operationOf(route.request()) === operation) {
      arrive()
      await released
    }
    await route.continue()
  })
  return { arrived, release: () => release() }
}
