import type { ErrorCode } from '#kit/errors.ts'
import { type Answer, type Call, http } from './server.ts'

/** One way in which a subgraph is bad, and what a client is told then. */
export type Fault = {
  name: string
  answer: Answer
  /** What is asked; for names of assets, their scores and the total unless said. */
  query?: string
  data: unknown
  /** Where there is an error, if anywhere, and its code. */
  errors?: readonly (readonly [path: string | undefined, code: ErrorCode])[]
  /** How many calls of a query reach the subgraph; it is made again where it fails at once. */
  calls?: number
  /** Whether it would never answer: patience is short then, and no call is made again. */
  hangs?: true
  /** The most bytes that an answer may have. */
  largest?: number
}

export const question = '{ assets { name score } total }'
const names = [{ name: 'web' }, { name: 'db' }]

/** What is left where no call to the subgraph is answered. */
export const gone: Pick<Fault, 'data' | 'errors'> = {
  data: {
    assets: [
      { name: 'web', score: null },
      { name: 'db', score: null },
    ],
    total: null,
  },
  errors: [
    ['total', 'SERVICE_UNAVAILABLE'],
    ['assets.0.score', 'SERVICE_UNAVAILABLE'],
    ['assets.1.score', 'SERVICE_UNAVAILABLE'],
  ],
}
/** What is there where the subgraph is odd, but answers. */
export const whole: Pick<Fault, 'data'> = {
  data: {
    assets: [
      { name: 'web', score: 100 },
      { name: 'db', score: 200 },
    ],
    total: 300,
  },
}

/** Two calls, each made again once. */
export const madeAgain = 4
export const madeOnce = 2

export const write =
  (...bytes: (string | Buffer)[]): Answer =>
  ({ socket }) => {
    for (const each of bytes) socket.write(each)
  }
export const writeAndEnd =
  (bytes: string | Buffer): Answer =>
  ({ socket }) =>
    void socket.end(bytes)
/** The same body for every call. */
export const body = (text: string, reply?: Parameters<typeof http>[1]): Answer => write(http(text, reply))

export const isEntities = ({ query }: Call) => query.includes('_entities')

/** A report, and the names that the other subgraph knows beside it. */
export const report = (asked: string) => `{ assets { name } report { ${asked} } }`
export const beside = (told: unknown) => ({ assets: names, report: told })
