import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { openGateway } from './gateway.ts'

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const page = '<!doctype html><title>Nexus</title>'
const script = 'console.log("a page")'

async function openWithPage(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-page-'))
  t.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'static'))
  await writeFile(join(folder, 'index.html'), page)
  await writeFile(join(folder, '.built'), 'a stamp')
  await writeFile(join(folder, 'static', 'main-abc.js'), script)
  await writeFile(join(folder, 'static', 'main-abc.js.br'), brotliCompressSync(script))
  const { app } = await openGateway(t, { webFolder: folder })
  return (url: string, headers: Record<string, string> = html, method: 'GET' | 'HEAD' | 'POST' = 'GET') =>
    app.inject({ method, url, headers })
}

test('the page stands at / and at its own paths, under a strict policy, and is asked for again each time', async (t) => {
  const ask = await openWithPage(t)
  for (const url of ['/', '/alerts', '/assets/0190?from=list', '/apiary', '/index.html']) {
    const { statusCode, body, headers } = await ask(url)
    assert.deepEqual([statusCode, body], [200, page], url)
    assert.equal(headers['cache-control'], 'no-cache')
    assert.match(String(headers['content-type']), /^text\/html/)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
    assert.match(policy, /frame-ancestors 'none'; require-trusted-types-for 'script'/)
    assert.doesNotMatch(policy, /unsafe|https?:|\*/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
    assert.match(String(headers['permissions-policy']), /camera=\(\)/)
  }
  const { statusCode, body } = await ask('/alerts', html, 'HEAD')
  assert.deepEqual([statusCode, body], [200, ''])
})

test('files that carry a hash are kept for a year, and come compressed to who can read that', async (t) => {
  const ask = await openWithPage(t)
  const plain = await ask('/static/main-abc.js', { accept: '*/*' })
  assert.deepEqual([plain.statusCode, plain.body], [200, script])
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.equal(plain.headers['x-content-type-options'], 'nosniff')
  const small = await ask('/static/main-abc.js', { accept: '*/*', 'accept-encoding': 'gzip, br' })
  assert.equal(small.headers['content-encoding'], 'br')
  assert.match(String(small.headers['content-type']), /javascript/)
  assert.equal(brotliDecompressSync(small.rawPayload).toString(), script)
})

test('what is neither a file nor for a browser to show is not the page', async (t) => {
  const ask = await openWithPage(t)
  const doors = ['/api', '/api/v1/nothing', '/health', '/metrics', '/graphql/nothing', '/graphiql']
  for (const url of [...doors, '/static/', '/static/old-123.js']) {
    const { statusCode, headers } = await ask(url)
    assert.equal(statusCode, 404, url)
    assert.match(String(headers['content-type']), /json/, url)
  }
  for (const url of ['/.built', '/static/..%2f.built', '/..%2f..%2fpackage.json', '/%2e%2e/package.json'])
    for (const accept of ['*/*', html.accept])
      assert.doesNotMatch((await ask(url, { accept })).body, /a stamp|devDependencies/, url)
  for (const [url, headers, method] of [
    ['/alerts', { accept: 'application/json' }, 'GET'],
    ['/alerts', {}, 'GET'],
    ['/.built', {}, 'GET'],
    ['/alerts', html, 'POST'],
  ] as const) {
    const { statusCode, headers: got } = await ask(url, headers, method)
    assert.equal(statusCode, 404)
    assert.match(String(got['content-security-policy']), /^default-src 'none'; .*frame-ancestors 'none'$/)
    assert.equal(got['cache-control'], 'no-store')
  }
})

test('without a built page / says how to build it, and the rest answers', async (t) => {
  const { app } = await openGateway(t)
  const { statusCode, body, headers } = await app.inject({ method: 'GET', url: '/', headers: html })
  assert.equal(statusCode, 503)
  assert.match(String(headers['content-type']), /^text\/plain/)
  assert.match(body, /npm run build:web/)
  assert.equal((await app.inject({ method: 'GET', url: '/alerts', headers: html })).statusCode, 404)
  assert.equal((await app.inject({ method: 'GET', url: '/health/live' })).statusCode, 200)
})
