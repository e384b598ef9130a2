import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { deadlineIn } from '../deadline.ts'
import { createTlsWire } from '../wire/tls.ts'
import { createWire } from '../wire/wire.ts'

type Answering = (socket: Socket, request: string, turn: number) => void

/** A server that answers each whole request with what a test writes, byte by byte if it likes. */
async function open(t: TestContext, answer: Answering, connections?: number, largest = 10_000) {
  const sockets = new Set<Socket>()
  const requests: string[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes
      for (;;) {
        const end = text.indexOf('\r\n\r\n')
        const length = Number(/content-length: (\d+)/.exec(text)?.[1] ?? 0)
        if (end === -1 || Buffer.byteLength(text) < end + 4 + length) return
        const request = Buffer.from(text)
          .subarray(0, end + 4 + length)
          .toString()
        text = text.slice(request.length)
        answer(socket, request, requests.push(request) - 1)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const wire = createWire(
    new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`),
    largest,
    connections,
  )
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await wire.close()
    server.close()
  })
  const post = async (body: string, ms = 5_000) => {
    const deadline = deadlineIn(ms)
    return wire.post({ 'content-type': 'application/json' }, body, deadline).finally(deadline.clear)
  }
  return { post, wire, sockets, requests }
}

const head = (length: number, more = '') => `HTTP/1.1 200 OK\r\n${more}Content-Length: ${length}\r\n\r\n`
const ok = (body: string, more = '') => `${head(Buffer.byteLength(body), more)}${body}`
const bodyOf = (request: string) => request.split('\r\n\r\n')[1]!

test('requests go one after the other over one connection, and each gets its own answer', async (t) => {
  const { post, sockets, requests } = await open(t, (socket, request) => socket.write(ok(bodyOf(request))))
  for (const body of ['one', 'zwei: ä€😀', '']) assert.equal(await post(body), body)
  assert.equal(sockets.size, 1)
  assert.match(
    requests[0]!,
    /^POST \/graphql HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\ncontent-type: application\/json\r\n/,
  )
})

test('as many connections as are allowed; more requests wait for one', async (t) => {
  const { post, sockets } = await open(
    t,
    (socket, request) => void setTimeout(() => socket.write(ok(bodyOf(request))), 5),
    3,
  )
  const bodies = Array.from({ length: 20 }, (_, index) => `body ${index}`)
  assert.deepEqual(await Promise.all(bodies.map((body) => post(body))), bodies)
  assert.equal(sockets.size, 3)
})

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
const whole: [what: string, answer: string, body: string][] = [
  ['a length', ok('text ä€'), 'text ä€'],
  ['a length of nothing', ok(''), ''],
  ['chunks', `${chunked}3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n`, 'abc0123456789'],
  ['interim answers before it', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok('body')}`, 'body'],
  ['a status that is none of success', 'HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\n{}', '{}'],
  ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
  ['no reason', 'HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\n{}', '{}'],
]

for (const [what, answer, body] of whole)
  for (const step of [1_000, 7, 1])
    test(`read: ${what}, ${step} bytes at a time`, async (t) => {
      const { post, sockets } = await open(t, async (socket) => {
        socket.setNoDelay(true)
        const bytes = Buffer.from(answer)
        for (let at = 0; at < bytes.length; at += step) {
          socket.write(bytes.subarray(at, at + step))
          await new Promise(setImmediate)
        }
      })
      assert.equal(await post('first'), body)
      assert.equal(await post('second'), body)
      assert.equal(sockets.size, 1)
    })

test('many interim answers may come at once, and none without end', async (t) => {
  const interim = 'HTTP/1.1 103 Early Hints\r\n\r\n'
  const { post } = await open(t, (socket, request) =>
    socket.write(interim.repeat(Number(bodyOf(request))) + ok('told')),
  )
  assert.equal(await post('2000'), 'told')
  await assert.rejects(post('20000'), /too long a head/)
  assert.equal(await post('1'), 'told')
})

test('a body to the end of the connection, after which another one is opened', async (t) => {
  const { post, sockets } = await open(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'))
  assert.equal(await post('a'), 'all of it')
  assert.equal(await post('b'), 'all of it')
  assert.equal(sockets.size, 2)
})

const unkept: [what: string, answer: string][] = [
  ['Connection: close', ok('x', 'Connection: close\r\n')],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx'],
  ['what it keeps for no time', ok('x', 'Keep-Alive: timeout=1\r\n')],
  ['more than was asked', `${ok('x')}HTTP/1.1 200 OK\r\n`],
]
for (const [what, answer] of unkept)
  test(`a connection is not used again after ${what}`, async (t) => {
    const { post, sockets } = await open(t, (socket) => void socket.write(answer))
    assert.equal(await post('a'), 'x')
    assert.equal(await post('b'), 'x')
    assert.equal(sockets.size, 2)
  })

const lies: [what: string, answer: string][] = [
  ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx'],
  ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  ['an encoded body', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx'],
  ['a chunk without a size', `${chunked}z\r\nabc\r\n0\r\n\r\n`],
  ['a chunk longer than it says', `${chunked}1\r\nabc\r\n0\r\n\r\n`],
  ['too much by its length', head(10_001)],
  ['too much in chunks', `${chunked}${`1000\r\n${'x'.repeat(4_096)}\r\n`.repeat(2)}1000\r\n`],
  ['too much to the end', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(10_001)}`],
  ['a head without end', `HTTP/1.1 200 OK\r\n${'X-Header: x\r\n'.repeat(10_000)}`],
]
for (const [what, answer] of lies)
  test(`refused, and the connection left: ${what}`, async (t) => {
    const { post, sockets } = await open(
      t,
      (socket, request) => void socket.write(bodyOf(request) === 'lie' ? answer : ok('fine')),
    )
    await assert.rejects(post('lie'))
    assert.equal(await post('again'), 'fine')
    assert.equal(sockets.size, 2)
  })

for (const [what, end] of [
  ['nothing', (socket: Socket) => void socket.end()],
  ['half a head', (socket: Socket) => void socket.end('HTTP/1.1 200')],
  ['half a body', (socket: Socket) => void socket.end(`${head(10)}half`)],
  ['half a chunk', (socket: Socket) => void socket.end(`${chunked}5\r\nab`)],
  ['a reset', (socket: Socket) => void socket.resetAndDestroy()],
] as const)
  test(`a connection that ends after ${what} fails its request and no other`, async (t) => {
    const { post } = await open(t, (socket, request) =>
      bodyOf(request) === 'bad' ? end(socket) : void socket.write(ok('fine')),
    )
    assert.equal(await post('good'), 'fine')
    const [bad, good] = await Promise.allSettled([post('bad'), post('good')])
    assert.equal(bad.status, 'rejected')
    assert.deepEqual(good, { status: 'fulfilled', value: 'fine' })
    assert.equal(await post('good'), 'fine')
  })

test('who is late is given up, also while waiting for a connection', async (t) => {
  const { post, requests } = await open(
    t,
    (socket, request) => {
      if (bodyOf(request) !== 'never') socket.write(ok('fine'))
    },
    1,
  )
  const [first, second] = [post('never', 30), post('waits', 20)]
  await assert.rejects(second, /late/)
  await assert.rejects(first, /late/)
  assert.equal(await post('after'), 'fine')
  assert.deepEqual(requests.map(bodyOf), ['never', 'after'])
})

test('what speaks without being asked is left', async (t) => {
  const { post, sockets } = await open(t, (socket) => void socket.write(ok('fine')))
  assert.equal(await post('a'), 'fine')
  const [socket] = sockets
  const gone = once(socket!, 'close')
  socket!.write('HTTP/1.1 408 Request Timeout\r\n\r\n')
  await gone
  assert.equal(await post('b'), 'fine')
  assert.equal(sockets.size, 2)
})

test('no header brings another one with it', async (t) => {
  const { wire, requests } = await open(t, (socket) => void socket.write(ok('fine')))
  const deadline = deadlineIn(1_000)
  t.after(deadline.clear)
  for (const value of ['a\r\nb: c', 'a\nb', 'a\0b'])
    await assert.rejects(wire.post({ authorization: value }, '', deadline), /has a value/)
  assert.equal(requests.length, 0)
})

test('closing waits for what is under way, and takes nothing more', async (t) => {
  const asked = Promise.withResolvers<Socket>()
  const { post, wire } = await open(t, (socket) => asked.resolve(socket))
  const answer = post('a')
  const socket = await asked.promise
  const closed = wire.close()
  await assert.rejects(post('b'), /closed/)
  socket.write(ok('fine'))
  assert.equal(await answer, 'fine')
  await closed
})

for (const [says, create] of [
  ['plain', createWire],
  ['over TLS', createTlsWire],
] as const)
  test(`what gets no connection at all is late in time: ${says}`, async (t) => {
    const sockets = new Set<Socket>()
    // Takes connections, and never says a word.
    const server = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const wire = create(new URL(`http${create === createWire ? '' : 's'}://127.0.0.1:${port}/`), 10_000)
    t.after(async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await wire.close().catch(() => {})
    })
    const from = performance.now()
    const deadlines = Array.from({ length: 100 }, () => deadlineIn(100))
    const answers = await Promise.allSettled(deadlines.map((deadline) => wire.post({}, '{}', deadline)))
    assert.ok(performance.now() - from < 2_000)
    assert.ok(answers.every(({ status }) => status === 'rejected'))
  })
