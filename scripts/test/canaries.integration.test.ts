/** Secrets and e-mails on their way through a house that tells everything: they are in no log, trace, metric or error. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { environment, readEnv } from '#kit/env.ts'
import { createLog } from '#kit/log.ts'
import { openReceiver } from '#kit/test/receiver.ts'
import { openHouse } from '../house.ts'
import { type Answer, password, visitorOf } from '../test-house.ts'

test('no canary is found in logs, traces, metrics and error bodies', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'nexus-test-'))
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  const receiver = await openReceiver(t)
  const file = join(dataDir, 'everything.log')
  const house = await openHouse({
    env: readEnv(environment, {
      NEXUS_DATA_DIR: dataDir,
      PORT: '0',
      METRICS_PORT: '0',
      NEXUS_DEMO_PASSWORD: password,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_TRACES_SAMPLER_ARG: '1',
    }),
    log: createLog('canaries', 'trace', file),
    durable: false,
  })
  const canaries = {
    password,
    wrong: 'canary-wrong-pass-word',
    email: 'canary.person@acme.example',
  } as Record<string, string>
  const errors: string[] = []
  let metrics = ''
  const told = (answer: Answer) => {
    if (answer.status >= 400 || answer.body?.errors) errors.push(answer.text)
    return answer
  }
  try {
    const anonymous = visitorOf(house.url, null)
    const login = (email: string, word: string) =>
      anonymous.rest('POST', '/auth/login', { email, password: word }).then(told)
    const { body } = await login('admin@acme.example', password)
    const { accessToken, refreshToken } = body.data
    Object.assign(canaries, { accessToken, refreshToken, credentials: 'canary-of-a-connector-credential' })
    const admin = visitorOf(house.url, accessToken)
    const created = await admin.rest('POST', '/users', { email: canaries.email, name: 'C', role: 'viewer' })
    assert.equal(created.status, 201)
    canaries.passwordToken = created.body.data.password_token
    const key = await admin.rest('POST', '/api-keys', { name: 'One', scopes: ['alerts:read'] }).then(told)
    if (key.status === 201) canaries.apiKey = key.body.data.key
    await login(canaries.email!, canaries.wrong!)
    await anonymous
      .rest('POST', '/auth/refresh', { refreshToken: `${refreshToken.slice(0, -2)}xx` })
      .then(told)
    await anonymous
      .rest('POST', '/auth/password', { token: canaries.passwordToken, password: 'short' })
      .then(told)
    await admin.rest('POST', '/users', { email: canaries.email, name: 'C', role: 'viewer' }).then(told)
    await admin.rest('GET', `/users?search=${canaries.email}`).then(told)
    const path = '/integrations/connectors/00000000-0000-7000-8000-000000000000/credentials'
    await admin.rest('PUT', path, { credentials: canaries.credentials }).then(told)
    await visitorOf(house.url, `${accessToken.slice(0, -3)}xyz`)
      .rest('GET', '/alerts')
      .then(told)
    if (canaries.apiKey) await visitorOf(house.url, canaries.apiKey).rest('GET', '/alerts').then(told)
    await admin.graphql(`{ users(filter: { search: "${canaries.email}" }) { nothing } }`).then(told)
    metrics = await (await fetch(`${house.metricsUrl}/metrics`)).text()
  } finally {
    await house.close()
  }
  const log = readFileSync(file, 'utf8')
  const lines = log.split('\n').length
  assert.ok(lines > 15, `the log says little: ${lines} lines`)
  assert.ok(receiver.texts.join('').length > 10_000, 'the traces say little')
  assert.match(metrics, /nexus_/)
  assert.ok(errors.length >= 6, `only ${errors.length} errors`)
  for (const [name, canary] of Object.entries(canaries)) {
    assert.ok(typeof canary === 'string' && canary.length >= 12, name)
    for (const [where, text] of Object.entries({
      log,
      traces: receiver.texts.join(),
      metrics,
      errors: errors.join(),
    }))
      assert.ok(!text.includes(canary), `${name} is in ${where}`)
  }
})
