/** In by the provider of one's organization, with a real browser and its rules about cookies. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  client,
  clientAt,
  type IdentityProvider,
  openIdentityProvider,
} from '../../scripts/test/identity-provider.ts'
import { openHouseAndBrowser } from './browser.ts'

let idp: IdentityProvider
let ours: string

const { visit } = openHouseAndBrowser(
  async (house) => {
    ours = `http://localhost:${new URL(house.url).port}`
    idp = await openIdentityProvider({ clients: [clientAt(`${ours}/api/v1/auth/sso/callback`)] })
    idp.people.push({ sub: 'sub-ada', email: 'ada@acme.example', email_verified: true, name: 'Ada' })
    const admin = await house.as('admin@acme.example')
    const { status, text } = await admin.rest('PUT', '/sso/connection', {
      ...{ issuer: idp.issuer, client_id: client.id, client_secret: client.secret, is_enabled: true },
      ...{ domains: ['acme.example'], is_jit: true, default_role: 'viewer' },
    })
    assert.equal(status, 200, text)
  },
  { NEXUS_PRIVATE_NETWORKS: '127.0.0.0/8' },
)
after(() => idp?.close())

test('the provider lets somebody in, and the page that was asked for is there', async (t) => {
  const { page } = await visit(t, { baseURL: ours, at: '/assets' })
  await page.getByRole('heading', { name: 'Sign in to Nexus' }).waitFor()
  await page.getByLabel('Short name of your organization').fill('acme')
  await page.keyboard.press('Enter')
  await page.getByText('acme/web-01').waitFor()
  assert.equal(new URL(page.url()).origin, ours)
  const kept = (await page.context().cookies(ours)).filter(({ name }) => name.startsWith('__Host-nexus'))
  assert.deepEqual(kept.map(({ name, sameSite }) => `${name} ${sameSite}`).sort(), [
    '__Host-nexus Strict',
    '__Host-nexus-refresh Strict',
    '__Host-nexus-sso Lax',
  ])
})

test('who is not let in reads why', async (t) => {
  const { page } = await visit(t, { baseURL: ours })
  await page.getByLabel('Short name of your organization').fill('nobody')
  await page.getByRole('button', { name: 'Continue with your organization' }).click()
  await page.getByText('This organization has no single sign-on').waitFor()
})
