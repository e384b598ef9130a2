import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLog } from '#kit/log.ts'
import { redactLine } from '#kit/redaction.ts'

/** The lines that a log writes of something. */
function linesOf(t: { after(work: () => void): void }, write: (log: ReturnType<typeof createLog>) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'log')
  write(createLog('test', 'trace', file))
  const text = readFileSync(file, 'utf8')
  return {
    text,
    lines: text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  }
}

const token = `eyJhbGciOiJFZERTQSJ9.${Buffer.from('{"sub":"someone"}').toString('base64url')}.c2lnbmF0dXJl`

test('hides fields by their names, at any depth', (t) => {
  const named = [
    'password',
    'newPassword',
    'refreshToken',
    'clientSecret',
    'authorization',
    'set-cookie',
    'apiKey',
  ]
  named.push(
    'api_key',
    'key',
    'credentials',
    'passphrase',
    'otp',
    'privateKey',
    'token_hash',
    'recoveryCodes',
    'recovery_code',
    'challenge',
  )
  const { text, lines } = linesOf(t, (log) => {
    for (const name of named) {
      log.info({ [name]: 'canary' }, 'flat')
      log.info({ a: { b: [{ c: { [name]: 'canary' } }] } }, 'deep')
      log.info({ [name]: { of: ['canary'] } }, 'an object')
      log.info({ [name]: 271828 }, 'a number')
    }
  })
  assert.ok(!/canary|271828/.test(text), text)
  assert.equal(lines.length, named.length * 4)
  assert.equal(lines[0].password, '[redacted]')
  assert.equal(lines[1].a.b[0].c.password, '[redacted]')
  assert.equal(lines[0].msg, 'flat')
})

test('hides secrets and people’s data wherever they stand, errors and messages included', (t) => {
  const error = Object.assign(new Error('Key (email)=(jo.canary@example.com) already exists'), {
    detail: { url: 'postgres://nexus:hunter22canary@db:5432/nexus', card: 4111111111111111 },
  })
  const { text, lines } = linesOf(t, (log) => {
    log.error({ err: error }, 'for jo.canary@example.com, +49 170 1234567 and 123-45-6789')
    log.warn(`Authorization: Bearer ${'x'.repeat(20)}canary`)
    log.info({ said: [`${token} and nxs_${'k'.repeat(37)}canary`, `nx1.1.${'n'.repeat(16)}.canary`] })
  })
  assert.ok(!/canary|signature|sub|4111111111111111|1234567|123-45/.test(text.replace(/"stack"/, '')), text)
  assert.match(lines[0].msg, /^for j\*\*\*@example\.com, \*\*\*\*4567 and \*\*\*-\*\*-6789$/)
  assert.equal(lines[0].err.detail.url, 'postgres://nexus:[password]@db:5432/nexus')
  assert.equal(lines[0].err.detail.card, '****1111')
})

test('leaves what has neither as it is, to the byte', () => {
  const line = `{"level":30,"time":1763735391123,"pid":4242,"hostname":"h","name":"nexus","requestId":"3f0f6f9a-9d5c-4a53-8d2f-0c0a4a3e5b11","method":"GET","route":"/api/v1/alerts","status":200,"ms":12,"msg":"answered"}\n`
  assert.equal(redactLine(line), line)
  const broken = '{"email":"jo@example.com", not json'
  assert.equal(redactLine(broken), '{"email":"j***@example.com", not json')
})
