import { gzipSync } from 'node:zlib'
import { type Fault, gone, isEntities, madeAgain, madeOnce, whole, write, writeAndEnd } from './fault.ts'
import { type Answer, type Call, http } from './server.ts'

/** What would be right for the two calls of the question. */
const right = (call: Call) =>
  isEntities(call) ? '{"data":{"_entities":[{"score":100},{"score":200}]}}' : '{"data":{"total":300}}'
const rightly =
  (form: (body: string) => string | Buffer, end = false): Answer =>
  (call) =>
    void (end ? call.socket.end(form(right(call))) : call.socket.write(form(right(call))))

const chunked = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'
const endless =
  (head: string, chunk: Buffer): Answer =>
  ({ socket }) => {
    socket.write(head)
    const go = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', go)
    go()
  }

/** Connections that break, hang or speak no HTTP. */
export const wireFaults: Fault[] = [
  { name: 'closes without a word', answer: ({ socket }) => void socket.end(), ...gone, calls: madeAgain },
  {
    name: 'resets without a word',
    answer: ({ socket }) => socket.resetAndDestroy(),
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'resets amid the headers',
    answer: ({ socket }) =>
      void socket.write('HTTP/1.1 200 OK\r\ncontent-le', () => socket.resetAndDestroy()),
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'resets amid the body',
    answer: (call) =>
      void call.socket.write(http(right(call)).subarray(0, -9), () => call.socket.resetAndDestroy()),
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'ends amid a chunked body',
    answer: rightly((body) => `${chunked}${body.length.toString(16)}\r\n${body.slice(0, 9)}`, true),
    ...gone,
    calls: madeAgain,
  },
  { name: 'accepts and says nothing', answer: () => {}, ...gone, hangs: true },
  { name: 'hangs amid the headers', answer: write('HTTP/1.1 200 OK\r\n'), ...gone, hangs: true },
  {
    name: 'hangs amid the body',
    answer: rightly((body) => http(body).subarray(0, -3)),
    ...gone,
    hangs: true,
  },
  {
    name: 'drips a byte now and then, and never ends',
    answer: ({ socket }) => {
      socket.write(http('', { length: 1_000 }))
      const drip = setInterval(() => socket.write(' '), 20)
      socket.on('close', () => clearInterval(drip))
    },
    ...gone,
    hangs: true,
  },
  {
    name: 'promises more than it sends, and closes',
    answer: rightly((body) => http(body, { length: 1_000 }), true),
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'promises more than it sends, and waits',
    answer: rightly((body) => http(body, { length: 1_000 })),
    ...gone,
    hangs: true,
  },
  {
    name: 'sends more than it promises',
    answer: rightly((body) => http(body, { length: 9 })),
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'promises a nonsense length',
    answer: write(http('{}', { more: 'content-length: x\r\n' })),
    ...gone,
  },
  { name: 'sends chunks of nonsense', answer: write(`${chunked}zzz\r\n{"data`), ...gone, calls: madeAgain },
  { name: 'speaks TLS', answer: write(Buffer.from([21, 3, 3, 0, 2, 2, 40])), ...gone, calls: madeAgain },
  { name: 'speaks SMTP', answer: writeAndEnd('220 mail.internal ESMTP\r\n'), ...gone, calls: madeAgain },
  {
    name: 'sends headers without end',
    answer: endless('HTTP/1.1 200 OK\r\n', Buffer.from(`x-more: ${'x'.repeat(1_000)}\r\n`)),
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'sends a body without end',
    answer: endless(chunked, Buffer.from(`400\r\n${' '.repeat(1_024)}\r\n`)),
    largest: 1024 * 1024,
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'promises more than may be read',
    answer: write(http('', { length: 2 * 1024 * 1024 }), Buffer.alloc(2 * 1024 * 1024, ' ')),
    largest: 1024 * 1024,
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'compresses what nobody asked it to',
    answer: rightly((body) => http(gzipSync(body), { more: 'content-encoding: gzip\r\n' })),
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'switches to another protocol',
    answer: write('HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'),
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'promises a length and chunks',
    answer: rightly((body) => http(body, { more: 'transfer-encoding: chunked\r\n' })),
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'promises less than nothing',
    answer: rightly((body) => http(body, { length: -5 })),
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'promises a chunk larger than anything',
    answer: write(`${chunked}ffffffffffffffffffff\r\n{`),
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'never ends its last chunk',
    answer: rightly((body) => `${chunked}${body.length.toString(16)}\r\n${body}\r\n0\r\n`),
    ...gone,
    hangs: true,
  },
  {
    name: 'says 103 without end',
    answer: endless('', Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100))),
    ...gone,
    calls: madeAgain,
  },
  {
    name: 'answers twice',
    answer: rightly((body) => Buffer.concat([http(body), http('{"data":{"total":666}}')])),
    ...whole,
    calls: madeOnce,
  },
  {
    name: 'answers in chunks with extensions and trailers',
    answer: rightly(
      (body) => `${chunked}${body.length.toString(16)};a="b"\r\n${body}\r\n0\r\nx-sum: 1\r\n\r\n`,
    ),
    ...whole,
    calls: madeOnce,
  },
  { name: 'speaks HTTP/1.0', answer: rightly((body) => `HTTP/1.0 200 OK\r\n\r\n${body}`, true), ...whole },
  {
    name: 'says 100 and 103 before it answers',
    answer: rightly((body) =>
      Buffer.concat([
        Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n'),
        http(body),
      ]),
    ),
    ...whole,
    calls: madeOnce,
  },
  {
    name: 'closes after each answer and does not say so',
    answer: rightly((body) => http(body), true),
    ...whole,
    calls: madeOnce,
  },
  {
    name: 'answers in pieces of one byte',
    answer: (call) => {
      for (const byte of http(right(call))) call.socket.write(Buffer.from([byte]))
    },
    ...whole,
    calls: madeOnce,
  },
]
