import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHouseAndBrowser } from './browser.ts'

const { opened, visit } = openHouseAndBrowser()

test('GraphiQL asks as who has signed in, completes from the schema, and loads nothing from elsewhere', async (t) => {
  const { page } = await visit(t, { as: 'analyst@acme.example' })
  const foreign: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(opened.house.url) && !/^(blob|data):/.test(request.url()))
      foreign.push(request.url())
  })
  // Nine megabytes of editor take a busy machine a while.
  page.setDefaultTimeout(60_000)
  const example = page.locator('.graphiql-query-editor .view-line', { hasText: 'openVulnerabilityCount' })
  // Opened once: it keeps what it shows half a second later, and comes back empty where it is left before that.
  await page.goto('/graphiql')
  await example.waitFor()
  const result = page.locator('.result-window')
  await page.getByRole('button', { name: /^Execute query/ }).click()
  await result.getByText('"openVulnerabilityCount"').first().waitFor()
  assert.match(await result.innerText(), /"ci-runner"/)

  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
  await page.getByRole('link', { name: 'Query', exact: true }).click()
  await page.getByRole('link', { name: 'vulnerabilities', exact: true }).waitFor()
  assert.deepEqual(foreign, [])
})
