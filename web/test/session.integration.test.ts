/** Who comes in by the page, who does not, and what happens when a session ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import { fillIn, openHouseAndBrowser } from './browser.ts'

const { opened, visit } = openHouseAndBrowser()

test('a wrong password is refused in words, and the right one opens the page that was asked for', async (t) => {
  const { page, complaints } = await visit(t, { at: '/alerts?severity=%5B%22HIGH%22%5D' })
  await page.getByRole('heading', { name: 'Sign in to Nexus' }).waitFor()
  await fillIn(page, 'analyst@acme.example', 'not-it')
  await page.getByRole('alert').getByText('The e-mail or the password is wrong').waitFor()
  // The browser itself writes a refusal onto its console.
  assert.match(complaints.splice(0).join('\n'), /Failed to load resource: .* 401 \(Unauthorized\)$/)

  await fillIn(page, 'analyst@acme.example')
  await page.getByRole('table').waitFor()
  assert.equal(await page.locator('tbody tr').count(), 2, 'the filter of the address still holds')
  assert.deepEqual(await page.locator('.person .organization').allTextContents(), ['Acme'])
})

test('no script can read the token, and nothing is stored', async (t) => {
  const { page } = await visit(t, { as: 'analyst@acme.example' })
  await page.getByRole('table').waitFor()
  const seen = await page.evaluate(
    '[document.cookie, localStorage.length, indexedDB.databases().then((d) => d.length)]',
  )
  assert.deepEqual((seen as unknown[]).slice(0, 2), ['', 0])
  const cookies = await page.context().cookies()
  assert.deepEqual(cookies.map(({ name }) => name).sort(), [
    '__Host-nexus',
    '__Host-nexus-device',
    '__Host-nexus-refresh',
  ])
  for (const { httpOnly, secure, sameSite } of cookies)
    assert.deepEqual([httpOnly, secure, sameSite], [true, true, 'Strict'])
})

test('signing out ends the session, and the way back shows nothing', async (t) => {
  const { page } = await visit(t, { as: 'analyst@acme.example' })
  await page.getByRole('table').waitFor()
  await page.getByRole('link', { name: 'Assets' }).click()
  await page.getByText('acme/web-01').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out.').waitFor()
  const left = await page.context().cookies()
  assert.deepEqual(
    left.map(({ name }) => name),
    ['__Host-nexus-device'],
  )
  await page.goBack()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  assert.equal(await page.getByText('Shell spawned').count(), 0)
})

test('who takes over sees nothing of who was there before', async (t) => {
  const { page } = await visit(t, { as: 'analyst@acme.example', at: '/assets' })
  await page.getByText('acme/web-01').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await fillIn(page, 'analyst@globex.example')
  await page.getByText('globex/web-01').waitFor()
  assert.equal(await page.getByText('acme/web-01').count(), 0)
})

test('a session that ends by itself asks again, hides everything, and goes on where it was', async (t) => {
  const { page, heard } = await visit(t)
  await page.context().addCookies([await shortLived(page.url(), 4)])
  await page.goto('/alerts')
  await page.getByText('Live', { exact: true }).waitFor()
  await page.getByPlaceholder('Search alerts').fill('port')
  await page.getByText('Port scan from the internet', { exact: true }).waitFor()
  await page.waitForURL(/q=port/)
  // The socket is closed with the token, without anybody doing anything.
  await page.getByText('Your session has ended.').waitFor()
  assert.equal(await page.getByText('Port scan from the internet', { exact: true }).isVisible(), false)
  assert.ok(heard.length > 0)
  await fillIn(page, 'analyst@acme.example')
  await page.getByText('Port scan from the internet', { exact: true }).waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  assert.match(page.url(), /\/alerts\?q=port$/)
})

test('a session goes on when its token has ended, in a query and after a reload', async (t) => {
  const { page } = await visit(t, { as: 'analyst@acme.example', at: '/alerts' })
  await page.getByText('Live', { exact: true }).waitFor()
  const withoutToken = async () => {
    await page.context().clearCookies({ name: '__Host-nexus' })
    assert.ok(!(await page.context().cookies()).some(({ name }) => name === '__Host-nexus'))
  }
  await withoutToken()
  await page.getByPlaceholder('Search alerts').fill('port')
  await page.getByText('Port scan from the internet', { exact: true }).waitFor()
  await withoutToken()
  await page.reload()
  await page.getByText('Port scan from the internet', { exact: true }).waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  assert.ok((await page.context().cookies()).some(({ name }) => name === '__Host-nexus'))
})

/** A session like any other, but for when it ends. */
async function shortLived(url: string, seconds: number) {
  const { keys } = opened.house.surroundings
  const { token } = await opened.house.as('analyst@acme.example')
  const payload = JSON.parse(Buffer.from(token!.split('.')[1]!, 'base64url').toString())
  const value = await new SignJWT({ ...payload, exp: Math.floor(Date.now() / 1_000) + seconds })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: keys.access.id })
    .sign(keys.access.privateKey)
  return {
    name: '__Host-nexus',
    value,
    url: url.replace('http:', 'https:'),
    secure: true,
    httpOnly: true,
    sameSite: 'Strict' as const,
  }
}
