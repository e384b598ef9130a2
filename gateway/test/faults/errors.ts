import type { ErrorCode } from '#kit/errors.ts'
import { beside, body, type Fault, gone, madeOnce, report } from './fault.ts'

const masked = 'INTERNAL_SERVER_ERROR'
/** The place of an error that has none. */
const nowhere = undefined
const half = (errors: string) => body(`{"data":{"report":{"sure":1,"count":null}},"errors":${errors}}`)
const about = (rest: string) => `[{"message":"select * from scores at db.internal:5432"${rest}}]`

/** The errors beside data, and where the client is told of one. */
const beside_: [name: string, errors: string, path: string | undefined, code?: ErrorCode][] = [
  ['an error at its field', about(',"path":["report","count"]'), 'report.count'],
  [
    'a code that nobody knows',
    about(',"path":["report","count"],"extensions":{"code":"DB_DOWN"}'),
    'report.count',
  ],
  [
    'a code named constructor',
    about(',"path":["report","count"],"extensions":{"code":"constructor"}'),
    'report.count',
  ],
  [
    'a code named __proto__',
    about(',"path":["report","count"],"extensions":{"code":"__proto__"}'),
    'report.count',
  ],
  [
    'a code that is an object',
    about(',"path":["report","count"],"extensions":{"code":{"a":1}}'),
    'report.count',
  ],
  ['extensions that are null', about(',"path":["report","count"],"extensions":null'), 'report.count'],
  ['extensions that are a list', about(',"path":["report","count"],"extensions":[1]'), 'report.count'],
  ['extensions that are a text', about(',"path":["report","count"],"extensions":"x"'), 'report.count'],
  [
    'a stack',
    about(
      ',"path":["report","count"],"extensions":{"stacktrace":["at f (/usr/src/db.js:1:1)"],"exception":{}}',
    ),
    'report.count',
  ],
  [
    'a status of its own',
    about(',"path":["report","count"],"extensions":{"http":{"status":418}}'),
    'report.count',
  ],
  [
    'a status that is none',
    about(',"path":["report","count"],"extensions":{"http":{"status":99999}}'),
    'report.count',
  ],
  ['no path', about(''), nowhere],
  ['a path that is a text', about(',"path":"report"'), nowhere],
  ['a path of objects', about(',"path":[{},null]'), nowhere],
  ['an empty path', about(',"path":[]'), nowhere],
  ['a path to a list that is none', about(',"path":["report",7,"count"]'), nowhere],
  ['no message', '[{"path":["report","count"]}]', 'report.count'],
  ['a message that is an object', '[{"message":{"a":1},"path":["report","count"]}]', 'report.count'],
  [
    'a refusal',
    '[{"message":"No","path":["report","count"],"extensions":{"code":"FORBIDDEN"}}]',
    'report.count',
    'FORBIDDEN',
  ],
  ['an error of null', '[null]', nowhere],
  ['an error that is a text', '["at db.internal"]', nowhere],
]
const halves = beside_.map(
  ([name, errors, path, code = masked]): Fault => ({
    name: `answers data with ${name}`,
    query: report('sure count'),
    answer: half(errors),
    data: beside({ sure: 1, count: null }),
    errors: [[path, code]],
    calls: 1,
  }),
)

/** Answers with errors, and what they are worth. */
export const errorFaults: Fault[] = [
  ...halves,
  ...['{"message":"x"}', '"x"', '7', 'true', '{}'].map(
    (errors): Fault => ({
      name: `answers data with errors that are ${errors}`,
      query: report('sure'),
      answer: body(`{"data":{"report":{"sure":1}},"errors":${errors}}`),
      data: beside({ sure: 1 }),
      errors: [[nowhere, 'SERVICE_UNAVAILABLE']],
    }),
  ),
  {
    name: 'answers data with an empty list of errors',
    query: report('sure'),
    answer: body('{"data":{"report":{"sure":1}},"errors":[]}'),
    data: beside({ sure: 1 }),
  },
  {
    name: 'answers errors and no data',
    answer: body(`{"errors":${about('')}}`),
    data: gone.data,
    errors: gone.errors!.map(([path]) => [path, masked] as const),
    calls: madeOnce,
  },
  {
    name: 'answers errors where the client did not ask',
    query: report('sure'),
    answer: body(`{"data":{"report":{"sure":1}},"errors":${about(',"path":["elsewhere","x"]')}}`),
    data: beside({ sure: 1 }),
    errors: [[nowhere, masked]],
  },
  {
    name: 'answers 100,000 errors',
    query: report('sure count'),
    answer: half(`[${Array(100_000).fill('{"message":"x","path":["report","count"]}').join()}]`),
    data: beside({ sure: 1, count: null }),
    errors: Array.from({ length: 1_000 }, () => ['report.count', masked] as const),
  },
  {
    name: 'answers a path of 100,000 steps',
    query: report('sure count'),
    answer: half(`[{"message":"x","path":["report","count"${',"x"'.repeat(100_000)}]}]`),
    data: beside({ sure: 1, count: null }),
    errors: [['report.count', masked]],
  },
]
