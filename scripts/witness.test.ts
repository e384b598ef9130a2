import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createCanaries, openWitness } from './witness.ts'

const nowhere = { log: '', traces: '', metrics: '', errors: '' }
const token = 'the-token-that-was-given'

test('a canary is found in each place, and nothing where there is none', () => {
  const canaries = createCanaries()
  canaries.gather({
    data: [{ accessToken: token, recovery_codes: ['first-of-the-codes'], to: 'a.person@acme.example' }],
  })
  canaries.assertUntold({ ...nowhere, log: 'all is well' })
  for (const canary of [token, 'first-of-the-codes', 'a.person@acme.example'])
    for (const where of Object.keys(nowhere))
      assert.throws(() => canaries.assertUntold({ ...nowhere, [where]: `said ${canary}.` }), /is in/, where)
})

test('what has the form of a secret is found without being known', () => {
  for (const secret of ['eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2lnbmVk', `nxs_${'a1'.repeat(12)}`])
    assert.throws(
      () => createCanaries().assertUntold({ ...nowhere, log: secret }),
      /is in log|input was expected/,
    )
})

test('a challenge belongs into the refusal that asks for more, and nowhere else', () => {
  const canaries = createCanaries()
  canaries.gather({ error: { challenge: 'a-challenge-to-answer' } })
  canaries.assertUntold({ ...nowhere, errors: 'a-challenge-to-answer' })
  assert.throws(
    () => canaries.assertUntold({ ...nowhere, log: 'a-challenge-to-answer' }),
    /challenge is in log/,
  )
})

test('words of enums and short values are none', () => {
  const canaries = createCanaries()
  canaries.gather({ key: 'in_remediation', password: 'short', token: null })
  canaries.assertUntold({ ...nowhere, log: 'in_remediation short null' })
})

test('answers of a server are heard, their cookies and errors too, and spans are kept', async (t) => {
  const server = createServer((request, response) => {
    const isError = request.url === '/error'
    response.writeHead(isError ? 400 : 200, {
      'content-type': 'application/json',
      'set-cookie': ['__Host-session=the-cookie-of-a-session; Path=/'],
    })
    response.end(JSON.stringify(isError ? { error: { message: `no ${token}` } } : { refreshToken: token }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const witness = openWitness({})
  t.after(witness.end)
  await (await fetch(url)).text()
  witness.assertUntold('', '')
  assert.throws(() => witness.assertUntold('the-cookie-of-a-session', ''), /cookie is in log/)
  assert.throws(() => witness.assertUntold('', token), /refreshToken is in metrics/)
  await (await fetch(`${url}/error`)).text()
  assert.throws(() => witness.assertUntold('', ''), /refreshToken is in errors/)
  const traced = openWitness({ password: token })
  t.after(traced.end)
  traced.tracer.start('operation', undefined)?.child('part').set({ 'nexus.wrong': token })
  assert.throws(() => traced.assertUntold('', ''), /password is in traces/)
})
