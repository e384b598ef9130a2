/** Second factors in the page, with an authenticator of the browser's own: set up, used, and asked for. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { codeAt } from '../../scripts/test/factors.ts'
import { openOwner } from '../../scripts/test/owner.ts'
import { fillIn, openHouseAndBrowser } from './browser.ts'

const { opened, visit } = openHouseAndBrowser()
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Passkeys belong to a name: addresses have none. */
const baseURL = () => opened.house.url.replace('127.0.0.1', 'localhost')

/** A device that verifies its owner by itself, as the browser's own protocol offers one. */
async function withAuthenticator(page: Page) {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const options = {
    protocol: 'ctap2' as const,
    transport: 'internal' as const,
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  }
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', { options })
  return async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials
}

/** The refusals that the browser itself writes onto its console. */
const unheard = (complaints: string[]) =>
  complaints.splice(0).filter((each) => !/Failed to load resource: .* 40[13] /.test(each))

async function assertAccessible(page: Page) {
  await page.evaluate(axe)
  const { violations } = (await page.evaluate('axe.run(document)')) as {
    violations: { id: string; nodes: { html: string }[] }[]
  }
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`),
    [],
  )
}
const signOut = (page: Page) => page.getByRole('button', { name: 'Sign out' }).click()

test('a passkey is made, signs in alone and as the second step, and is removed', async (t) => {
  const { page, complaints } = await visit(t, {
    baseURL: baseURL(),
    as: 'analyst@acme.example',
    at: '/security',
  })
  const credentials = await withAuthenticator(page)
  await page.getByLabel('Name of a new passkey').fill('Telephone')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('Keep these recovery codes').waitFor()
  assert.equal((await page.locator('.codes code').allTextContents()).length, 10)
  assert.equal((await credentials()).length, 1)
  await assertAccessible(page)
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByText('10 are left.').waitFor()

  await signOut(page)
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.getByRole('heading', { name: 'Passkeys' }).waitFor()
  await page.getByText('Telephone').waitFor()

  await signOut(page)
  await fillIn(page, 'analyst@acme.example')
  await page.getByRole('heading', { name: 'One more step' }).waitFor()
  await assertAccessible(page)
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.getByRole('button', { name: 'Remove Telephone' }).click()
  await page.getByRole('button', { name: 'Remove Telephone' }).waitFor({ state: 'detached' })
  const [{ signCount } = { signCount: 0 }] = await credentials()
  assert.ok(signCount >= 3, `${signCount} signatures`)
  assert.deepEqual(unheard(complaints), [])
})

test('an authenticator is set up by keys alone, and its code is asked for', async (t) => {
  const { page, complaints } = await visit(t, { as: 'viewer@acme.example', at: '/security' })
  await page.getByRole('button', { name: 'Set up an authenticator' }).press('Enter')
  const secret = (await page.locator('.secret').innerText()).replaceAll(' ', '')
  await page.getByLabel('Code that it shows').fill('000000')
  await page.keyboard.press('Enter')
  await page.getByText('That is not the code').waitFor()
  await assertAccessible(page)
  await page.getByLabel('Code that it shows').fill(await codeAt({ secret }))
  await page.keyboard.press('Enter')
  const code = await page.locator('.codes code').first().innerText()
  await page.getByRole('button', { name: 'I have kept them' }).press('Enter')

  await signOut(page)
  await fillIn(page, 'viewer@acme.example')
  await page.getByLabel('Code of your authenticator').fill('000000')
  await page.keyboard.press('Enter')
  await page.getByText('That is not right').waitFor()
  await page.getByLabel('Code of your authenticator').fill(await codeAt({ secret }, 1))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Authenticator' }).waitFor()

  await signOut(page)
  await fillIn(page, 'viewer@acme.example')
  await page.getByRole('button', { name: 'Use a recovery code' }).click()
  await page.getByLabel('Recovery code').fill(code)
  await page.keyboard.press('Enter')
  await page.getByText('9 are left.').waitFor()
  assert.deepEqual(unheard(complaints), [])
})

test('who signed in long ago shows once more that it is them', async (t) => {
  const { page, complaints } = await visit(t, { as: 'manager@acme.example', at: '/security' })
  await page.getByRole('button', { name: 'Set up an authenticator' }).waitFor()
  const owner = await openOwner(opened.house)
  await owner.wait(11 * 60)
  await owner.close()
  await page.getByRole('button', { name: 'Set up an authenticator' }).click()
  await page.getByLabel('Your password').fill('correct-horse-battery')
  await page.keyboard.press('Enter')
  await page.getByText('Thank you.').waitFor()
  await page.getByRole('button', { name: 'Set up an authenticator' }).click()
  await page.locator('.secret').waitFor()
  assert.deepEqual(unheard(complaints), [])
})

test('who has to have a second factor sets one up at the door, and is in', async (t) => {
  const { page, complaints } = await visit(t, { at: '/assets' })
  const owner = await openOwner(opened.house)
  await owner.query(
    `update identity.organizations set settings = '{"requireSecondFactor":true}' where slug = 'globex'`,
  )
  await owner.close()
  await fillIn(page, 'viewer@globex.example')
  await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor()
  const secret = (await page.locator('.secret').innerText()).replaceAll(' ', '')
  await assertAccessible(page)
  await page.getByLabel('Code that it shows').fill(await codeAt({ secret }))
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByText('globex/web-01').waitFor()
  assert.deepEqual(unheard(complaints), [])
})
