import { body, type Fault, gone, isEntities, madeOnce, whole, write } from './fault.ts'
import { type Answer, http } from './server.ts'

const html = '<html><h1>502 Bad Gateway</h1><p>nginx at 10.1.2.3:4103, /usr/share/nginx</p></html>'
const deep = (brackets: number) => '['.repeat(brackets) + ']'.repeat(brackets)
const right =
  (form: (text: string) => Buffer): Answer =>
  (call) =>
    void call.socket.write(
      form(
        isEntities(call) ? '{"data":{"_entities":[{"score":100},{"score":200}]}}' : '{"data":{"total":300}}',
      ),
    )

/** Answers that are HTTP and no GraphQL, whatever their status says. */
export const bodyFaults: Fault[] = [
  ...(
    [
      ['200 with HTML', body(html, { type: 'text/html' })],
      ['500 with HTML', body(html, { status: '500 Internal Server Error', type: 'text/html' })],
      [
        '502 with a proxy’s JSON',
        body('{"message":"no upstream at 10.1.2.3"}', { status: '502 Bad Gateway' }),
      ],
      ['an empty body', body('')],
      ['204', write('HTTP/1.1 204 No Content\r\n\r\n')],
      ['304', write('HTTP/1.1 304 Not Modified\r\n\r\n')],
      ['truncated JSON', body('{"data":{"total":3')],
      ['JSON twice', body('{"data":{"total":3}}{"data":{"total":3}}')],
      ['NaN', body('{"data":{"total":NaN}}')],
      ['JavaScript', body('{data:{total:3},}')],
      ['a byte order mark', body('\ufeff{"data":{"total":300}}')],
      ['UTF-16', write(http(Buffer.from('{"data":{"total":300}}', 'utf16le')))],
      ['null', body('null')],
      ['a text', body('"data"')],
      ['a number', body('7')],
      ['a list', body('[{"data":{"total":300}}]')],
      ['an object of something else', body('{"total":300}')],
      ['data that is a list', body('{"data":[{"total":300}]}')],
      ['data that is a text', body('{"data":"total"}')],
      ['data that is null', body('{"data":null}')],
      ['100,000 lists in each other', body(deep(100_000))],
      ['100,000 lists in each other, as data', body(`{"data":${deep(100_000)}}`)],
      ['errors that are an object', body('{"errors":{"message":"at 10.1.2.3"}}')],
      ['errors that are a text', body('{"errors":"at 10.1.2.3"}')],
      ['no errors, and no data', body('{"data":null,"errors":[]}')],
    ] as [string, Answer][]
  ).map(([name, answer]) => ({ name: `answers ${name}`, answer, ...gone })),
  {
    name: 'answers 500 with data',
    answer: right((text) => http(text, { status: '500 Internal Server Error' })),
    ...whole,
    calls: madeOnce,
  },
  {
    name: 'answers 401 in GraphQL',
    answer: body('{"errors":[{"message":"Sign in","extensions":{"code":"UNAUTHENTICATED"}}]}', {
      status: '401 Unauthorized',
    }),
    data: gone.data,
    errors: gone.errors!.map(([path]) => [path, 'UNAUTHENTICATED'] as const),
    calls: madeOnce,
  },
  {
    name: 'says it is text, and is JSON',
    answer: right((text) => http(text, { type: 'text/plain' })),
    ...whole,
    calls: madeOnce,
  },
  {
    name: 'answers bytes that are no UTF-8 where nobody asked',
    answer: right((text) =>
      http(Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"x":"\xff"}', 'latin1')])),
    ),
    ...whole,
    calls: madeOnce,
  },
  {
    name: 'answers errors in 100,000 lists',
    answer: body(`{"errors":[${deep(100_000)}]}`),
    data: gone.data,
    errors: gone.errors!.map(([path]) => [path, 'INTERNAL_SERVER_ERROR'] as const),
    calls: madeOnce,
  },
]
