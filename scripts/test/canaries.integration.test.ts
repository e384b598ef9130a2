/** Secrets and e-mails on their way through a house that tells everything: they are in no log, trace, metric or error. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { environment, readEnv } from '#kit/env.ts'
import { idOfName, newId } from '#kit/id.ts'
import { createLog } from '#kit/log.ts'
import { openReceiver } from '#kit/test/receiver.ts'
import { openHouse } from '../house.ts'
import { type Answer, password, visitorOf } from '../test-house.ts'
import { enrolTotp } from './factors.ts'
import { openOwner } from './owner.ts'

const carelessly = 'everything of'

/** Canaries in fields as code calls them, and an error that names somebody. */
const byName = ({ email, wrong, ...secrets }: Record<string, string>) => ({
  asked: { variables: { input: { ...secrets, email, password: wrong } } },
  err: Object.assign(new Error(`duplicate key (email)=(${email})`), {
    detail: { authorization: secrets.apiKey },
  }),
})

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
    const key = await admin.rest('POST', '/api-keys', { name: 'One', scopes: ['alerts:read'] })
    assert.equal(key.status, 201, key.text)
    canaries.apiKey = key.body.data.key
    const viewer = visitorOf(house.url, (await login('viewer@acme.example', password)).body.data.accessToken)
    const { secret, recoveryCodes } = await enrolTotp(viewer)
    Object.assign(canaries, { totpSecret: secret, recoveryCode: recoveryCodes[0] })
    const asked = await login('viewer@acme.example', password)
    assert.equal(asked.body.error.code, 'SECOND_FACTOR_REQUIRED')
    canaries.challenge = asked.body.error.challenge
    errors.pop()
    for (const proof of [{ code: '000000' }, { recovery_code: `${recoveryCodes[0]}x` }])
      await anonymous
        .rest('POST', '/auth/login/complete', { challenge: canaries.challenge, ...proof })
        .then(told)
    canaries.clientSecret = 'canary-of-a-client-secret'
    const connection = { issuer: 'https://provider.example', client_id: 'nexus' }
    const set = { ...connection, client_secret: canaries.clientSecret }
    assert.equal((await admin.rest('PUT', '/sso/connection', set)).status, 200)
    assert.equal((await admin.rest('GET', '/sso/connection')).status, 200)
    await admin.rest('PUT', '/sso/connection', { ...set, issuer: 7 }).then(told)
    const connector = newId()
    const owner = await openOwner(house)
    await owner.query(
      'insert into integrations.connectors (organization_id, id, kind, name) values ($1, $2, $3, $3)',
      [idOfName('organization', 'acme'), connector, 'a-system'],
    )
    await owner.close()
    const given = { credentials: canaries.credentials }
    const kept = await admin.rest('PUT', `/integrations/connectors/${connector}/credentials`, given)
    assert.equal(kept.status, 200, kept.text)
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
    await visitorOf(house.url, canaries.apiKey!).rest('GET', '/alerts').then(told)
    await admin.graphql(`{ users(filter: { search: "${canaries.email}" }) { nothing } }`).then(told)
    // Somebody logs what nobody should, as it may happen: without redaction, all of it would be found below.
    house.surroundings.log.info(byName(canaries), `${carelessly} ${canaries.email}`)
    metrics = await (await fetch(`${house.metricsUrl}/metrics`)).text()
  } finally {
    await house.close()
  }
  const log = readFileSync(file, 'utf8')
  const lines = log.split('\n').length
  assert.ok(lines > 15, `the log says little: ${lines} lines`)
  assert.match(log, new RegExp(`${carelessly} c\\*\\*\\*@acme\\.example`))
  assert.ok(receiver.texts.join('').length > 10_000, 'the traces say little')
  assert.match(metrics, /nexus_/)
  assert.ok(errors.length >= 6, `only ${errors.length} errors`)
  for (const [name, canary] of Object.entries(canaries)) {
    assert.ok(typeof canary === 'string' && canary.length >= 10, name)
    for (const [where, text] of Object.entries({
      log,
      traces: receiver.texts.join(),
      metrics,
      errors: errors.join(),
    }))
      assert.ok(!text.includes(canary), `${name} is in ${where}`)
  }
})
