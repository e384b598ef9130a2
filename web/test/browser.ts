/** The vocabulary of the page's tests: a house, and a real browser in front of it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { after, before, type TestContext } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Page, type Request } from 'playwright-core'
import { root } from '#kit/register.ts'
import { openTestHouse, password, type TestHouse } from '../../scripts/test-house.ts'

export type Visit = {
  page: Page
  /** What the browser complained of: errors on its console, a policy that was broken, exceptions. */
  complaints: string[]
  /** The names of the operations that were asked by HTTP. */
  asked: string[]
  /** What came over sockets. */
  heard: string[]
}

type Options = BrowserContextOptions & { as?: string; at?: string }

/**
 * A house with its page and a browser, for all tests of a file. `prepare` sees the house before any test does; `env`
 * adds to its settings.
 */
export function openHouseAndBrowser(
  prepare?: (house: TestHouse) => Promise<void>,
  env: Record<string, string> = {},
) {
  let browser: Browser
  const opened = { house: undefined as unknown as TestHouse }
  before(async () => {
    buildPage()
    browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] })
    opened.house = await openTestHouse(env)
    await prepare?.(opened.house)
  })
  after(async () => {
    await browser?.close()
    await opened.house?.close()
  })

  /** A browser of its own at `at`, signed in `as` somebody; it must have nothing to complain of when the test ends. */
  async function visit(t: TestContext, { as, at = '/', ...options }: Options = {}): Promise<Visit> {
    const context = await browser.newContext({
      reducedMotion: 'reduce',
      baseURL: opened.house.url,
      ...options,
    })
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    const found: Visit = { page, complaints: [], asked: [], heard: [] }
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') found.complaints.push(message.text())
    })
    page.on('pageerror', (error) => found.complaints.push(error.stack ?? error.message))
    page.on('request', (request) => {
      const name = operationOf(request)
      if (name) found.asked.push(name)
    })
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => found.heard.push(String(payload))),
    )
    t.after(async () => {
      const { passed } = t as TestContext & { passed: boolean }
      if (!passed) console.error(`${page.url()} showed\n${await page.innerText('body')}`)
      await context.close()
      assert.deepEqual(found.complaints, [])
    })
    if (as) await enter(page, as)
    await page.goto(at)
    return found
  }

  /** Signs in without the page, as its form would. */
  async function enter(page: Page, email: string) {
    const answer = await page.request.post('/api/v1/auth/session', { data: { email, password } })
    assert.equal(answer.status(), 200)
  }

  return { opened, visit }
}

export const operationOf = (request: Request): string | undefined => {
  if (!request.url().endsWith('/graphql') || request.method() !== 'POST') return undefined
  return (request.postDataJSON() as { operationName?: string }).operationName
}

export async function fillIn(page: Page, email: string, secret = password): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(secret)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** The page as its sources are now. */
export function buildPage(): void {
  const { status } = spawnSync(process.execPath, [`${root}scripts/build-web.mjs`], { stdio: 'inherit' })
  assert.equal(status, 0, 'the page could not be built')
}

function findChromium(): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = folders.map((folder) => join(folder, 'chromium')).find((file) => existsSync(file))
  assert.ok(found, 'These tests need chromium on the PATH: apt-get install chromium')
  return found
}
