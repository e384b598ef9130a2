/** Addresses that people give: none of them leads to this machine or into a private network. */
import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createLog } from '../log.ts'
import { createOutbound, OutboundError, type OutboundReason } from '../outbound.ts'
import { openShared } from '../redis.ts'

const shared = () => openShared(undefined, createLog('test', 'silent'))
const own = { privateNetworks: ['127.0.0.0/8'] }

/** A server that counts who connects to it. */
async function open(t: TestContext, listener: RequestListener) {
  let connections = 0
  const server = createServer(listener).on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { port, connections: () => connections }
}

const refused = (reason: OutboundReason) => (error: unknown) => {
  assert.ok(error instanceof OutboundError, String(error))
  assert.equal(error.reason, reason)
  assert.doesNotMatch(error.message, /\d|localhost| at /)
  return true
}

const hosts = [
  ...[
    '127.0.0.1',
    '127.0.0.2',
    '127.255.255.254',
    '127.1',
    '127.0.1',
    '0',
    '0.0.0.0',
    '0.0.0.1',
    'localhost',
  ],
  ...[
    '2130706433',
    '017700000001',
    '0177.0.0.1',
    '0x7f000001',
    '0x7f.0.0.1',
    '0x7F.1',
    '127.0.0.1.',
    '127.0x0.1',
  ],
  ...[
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '192.168.1.254',
    '100.64.0.1',
  ],
  ...['169.254.169.254', '169.254.0.1', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '192.0.0.192'],
  ...['100.100.100.200', '192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '192.88.99.1'],
  ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '①②⑦.⓪.⓪.①', '127。0。0。1'],
  ...[
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:169.254.169.254]',
  ],
  ...['[::127.0.0.1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]'],
  ...[
    '[2001::7f00:1]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[ff02::1]',
    '[2001:db8::1]',
    '[fec0::1]',
  ],
]

test('no shape of an address of this machine or of a private network is asked', async (t) => {
  const victim = await open(t, (_request, response) => response.end('secret'))
  const outbound = createOutbound({ shared: shared(), perMinute: 1_000 })
  const unsafe = hosts.map((host) => `https://${host}:${victim.port}/latest/meta-data`)
  for (const url of unsafe)
    await outbound.fetch(url, { countedAs: 'x' }).then(
      () => assert.fail(url),
      ({ reason }: OutboundError) => assert.ok(reason === 'address' || reason === 'url', `${url}: ${reason}`),
    )
  const strange = [
    ...[
      `http://127.0.0.1:${victim.port}/`,
      'http://example.com/',
      'ftp://example.com/',
      'file:///etc/passwd',
    ],
    ...[
      'gopher://127.0.0.1/',
      'data:text/plain,x',
      'javascript:alert(1)',
      'ws://example.com/',
      '//example.com/',
    ],
    ...['https://user@example.com/', 'https://user:word@example.com/', 'https://example.com@127.0.0.1/'],
    ...[
      'https://127.0.0.1\\@example.com/',
      'https://',
      'https:///',
      '',
      'example.com',
      'https://[::1',
      'https://a b/',
    ],
    ...[`https://127.0.0.1%2f@example.com/`, 'https://example.com:99999/', 'unix:/var/run/docker.sock'],
  ]
  for (const url of strange) await assert.rejects(outbound.fetch(url, { countedAs: 'x' }), OutboundError, url)
  assert.ok(unsafe.length + strange.length >= 60, `${unsafe.length + strange.length} shapes`)
  assert.equal(victim.connections(), 0)
})

test('a name is judged by all that it means, and asked where it was judged', async (t) => {
  const there = await open(t, (_request, response) => response.end('there'))
  const means = (...found: string[]) =>
    createOutbound({
      shared: shared(),
      resolve: async () => found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    })
  for (const found of [
    ['127.0.0.1'],
    ['::1'],
    ['8.8.8.8', '127.0.0.1'],
    ['8.8.8.8', '::ffff:10.0.0.1'],
    ['fe80::1%lo'],
  ])
    await assert.rejects(
      means(...found).fetch(`https://name.example:${there.port}/`, { countedAs: 'x' }),
      refused('address'),
      found.join(),
    )
  await assert.rejects(means().fetch('https://name.example/', { countedAs: 'x' }), refused('unreachable'))
  assert.equal(there.connections(), 0)
  // The second answer would lead elsewhere: nobody asks for it.
  const answers = ['127.0.0.1', '127.9.9.9']
  const asked: string[] = []
  const rebound = createOutbound({
    shared: shared(),
    ...own,
    resolve: async (name) => {
      asked.push(name)
      return [{ address: answers.shift()!, family: 4 }]
    },
  })
  const answer = await rebound.fetch(`http://rebinds.example:${there.port}/`, { countedAs: 'x' })
  assert.deepEqual([await answer.text(), asked, there.connections()], ['there', ['rebinds.example'], 1])
})

test('a network that was named is asked, and no other', async (t) => {
  const there = await open(t, ({ method, headers }, response) => {
    response.setHeader('set-cookie', ['a=1', 'b=2'])
    response.end(JSON.stringify({ method, type: headers['content-type'], host: headers.host }))
  })
  const outbound = createOutbound({ shared: shared(), ...own })
  const url = `http://127.0.0.1:${there.port}/`
  const headers = { 'content-type': 'text/plain' }
  const answer = await outbound.fetch(url, { method: 'POST', body: 'x', headers, countedAs: 'x' })
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.headers.getSetCookie(), ['a=1', 'b=2'])
  assert.deepEqual(await answer.json(), {
    method: 'POST',
    type: 'text/plain',
    host: `127.0.0.1:${there.port}`,
  })
  for (const other of ['http://10.0.0.1/', 'http://[::1]/', 'http://169.254.169.254/'])
    await assert.rejects(outbound.fetch(other, { countedAs: 'x' }), refused('address'), other)
})

test('redirects are not followed, and answers are neither large nor late', async (t) => {
  const target = await open(t, (_request, response) => response.end('secret'))
  const there = await open(t, ({ url }, response) => {
    if (url === '/slow') return
    if (url === '/drip') return void response.write('{')
    if (url === '/huge') return void response.end('x'.repeat(200_000))
    if (url === '/endless') {
      const more = () => response.write('x'.repeat(10_000), () => !response.destroyed && setImmediate(more))
      return void more()
    }
    response.writeHead(Number(url!.slice(1)), { location: `http://127.0.0.1:${target.port}/` }).end()
  })
  const outbound = createOutbound({ shared: shared(), ...own, timeoutMs: 200, largest: 100_000 })
  const ask = (path: string) => outbound.fetch(`http://127.0.0.1:${there.port}${path}`, { countedAs: 'x' })
  for (const status of [301, 302, 303, 307, 308])
    await assert.rejects(ask(`/${status}`), refused('redirect'), String(status))
  await assert.rejects(ask('/slow'), refused('late'))
  await assert.rejects(ask('/drip'), refused('late'))
  await assert.rejects(ask('/huge'), refused('large'))
  await assert.rejects(ask('/endless'), refused('large'))
  assert.equal((await ask('/404')).status, 404)
  assert.equal(target.connections(), 0)
  const stuck = createOutbound({ shared: shared(), timeoutMs: 50, resolve: () => new Promise(() => {}) })
  await assert.rejects(stuck.fetch('https://name.example/', { countedAs: 'x' }), refused('late'))
})

test('each asks so often a minute, and no more', async (t) => {
  const there = await open(t, (_request, response) => response.end())
  const outbound = createOutbound({ shared: shared(), ...own, perMinute: 3 })
  const ask = (countedAs: string) => outbound.fetch(`http://127.0.0.1:${there.port}/`, { countedAs })
  for (let times = 0; times < 3; times++) await ask('one')
  await assert.rejects(ask('one'), refused('often'))
  assert.equal((await ask('another')).status, 200)
})
