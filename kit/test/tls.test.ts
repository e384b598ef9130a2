/** Processes that know each other by certificates of one authority, over real sockets. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls'
import { Agent, fetch } from 'undici'
import { listen } from '../http.ts'
import { createLog } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { serveSubgraph } from '../serve.ts'
import { openTls } from '../tls.ts'
import { httpTransport } from '../transport.ts'
import { openAuthority } from './certificates.ts'

const log = createLog('test', 'silent')
const ours = openAuthority()
const theirs = openAuthority()
after(() => {
  ours.remove()
  theirs.remove()
})

/** A subgraph that counts who gets as far as asking. */
async function serve(t: TestContext, folder: string) {
  const tls = openTls(folder, log, 20)
  let asked = 0
  const subgraph = {
    name: 'some',
    answer: async () => ({ data: { me: ++asked } }),
    check: async () => {},
    close: async () => {},
  }
  const app = serveSubgraph(subgraph, log, createMetrics(), tls)
  t.after(async () => {
    tls?.close()
    await app.close()
  })
  return { url: `${await listen(app, '127.0.0.1', 0)}/graphql`, asked: () => asked }
}

function asking(t: TestContext, url: string, folder?: string) {
  const tls = openTls(folder, log, 20)
  const transport = httpTransport(url, 1_000, () => ({}), tls)
  t.after(async () => {
    tls?.close()
    await transport.close()
  })
  return () => transport({ query: '{ me }', token: 't', requestId: 'r' })
}
const unavailable = { code: 'SERVICE_UNAVAILABLE' }

test('a subgraph answers who shows a certificate of its authority, and nobody else', async (t) => {
  const { url, asked } = await serve(t, ours.issue('server'))
  assert.ok(url.startsWith('https://'))
  assert.equal((await asking(t, url, ours.issue('gateway'))()).data?.me, 1)
  // Without one, and with one of an authority of their own: whatever they believe of the server.
  for (const connect of [{}, openTls(theirs.issue('stranger'), log)!.serving()]) {
    const dispatcher = new Agent({ connect: { ...connect, rejectUnauthorized: false } })
    t.after(() => dispatcher.destroy())
    const answer = await fetch(url, { method: 'POST', dispatcher, body: '{"query":"{ me }"}' })
    assert.equal(answer.status, 401)
    assert.match(await answer.text(), /UNAUTHENTICATED/)
    const probe = await fetch(new URL('/health/ready', url), { dispatcher })
    assert.equal(probe.status, 200, 'probes have no certificate')
  }
  await assert.rejects(asking(t, url.replace('https', 'http'))(), unavailable)
  assert.equal(asked(), 1)
})

test('nothing is told to a server of another authority, of another name, or that the machine does not know', async (t) => {
  const gateway = ours.issue('gateway')
  const elsewhere = await serve(t, ours.issue('elsewhere', 'DNS:elsewhere.example'))
  const stranger = await serve(t, theirs.issue('server'))
  const known = await serve(t, ours.issue('server'))
  await assert.rejects(asking(t, elsewhere.url, gateway)(), unavailable)
  await assert.rejects(asking(t, stranger.url, gateway)(), unavailable)
  await assert.rejects(asking(t, known.url)(), unavailable)
  assert.deepEqual(
    [elsewhere, stranger, known].map(({ asked }) => asked()),
    [0, 0, 0],
  )
})

const handshake = (url: string, options: object) =>
  new Promise<PeerCertificate>((resolve, reject) => {
    const { hostname: host, port } = new URL(url)
    const socket: TLSSocket = connectTls({ host, port: Number(port), rejectUnauthorized: false, ...options })
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate())
      socket.destroy()
    })
  })

test('old versions of TLS are refused', async (t) => {
  const { url } = await serve(t, ours.issue('server'))
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
  await assert.rejects(handshake(url, old))
  assert.ok(await handshake(url, { maxVersion: 'TLSv1.2' }))
})

test('another certificate takes the place of one while both sides go on, and a broken one does not', async (t) => {
  const folder = ours.issue('renewed')
  const { url } = await serve(t, folder)
  const ask = asking(t, url, ours.issue('gateway'))
  const serial = async () => (await handshake(url, {})).serialNumber
  const before = await serial()
  let answers = 0
  const changed = async (than: string) => {
    while ((await serial()) === than) {
      await ask()
      answers += 1
    }
  }
  ours.issue('renewed')
  await changed(before)
  const after = await serial()
  writeFileSync(join(folder, 'tls.crt'), 'broken')
  const written = answers
  while (answers < written + 50) {
    await ask()
    answers += 1
  }
  assert.equal(await serial(), after)
  ours.issue('renewed')
  await changed(after)
})

test('a process does not begin without what it needs, and does not tell where it looked', () => {
  const folder = ours.issue('begins')
  const { folder: empty } = theirs
  writeFileSync(join(folder, 'tls.key'), 'none')
  for (const wrong of [empty, folder, '/nowhere'])
    assert.throws(
      () => openTls(wrong, log),
      /^Error: NEXUS_TLS_DIR needs tls.crt, tls.key and ca.crt that belong together$/,
    )
  assert.equal(openTls(undefined, log), null)
})
