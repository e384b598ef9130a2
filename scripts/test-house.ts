/** The vocabulary of the tests: a house of their own, entered as one of the demo's people. */
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { isBookkeeping, type Statement } from '#kit/database.ts'
import { environment, readEnv } from '#kit/env.ts'
import { createLog } from '#kit/log.ts'
import type { OpenPlanner, Planning } from '../gateway/federation/planner/planner.ts'
import { createWorkers } from '../gateway/federation/planner/workers.ts'
import { type House, type HouseOptions, openHouse } from './house.ts'
import { openWitness } from './witness.ts'

export const password = 'correct-horse-battery'

export type Answer = {
  status: number
  headers: Headers
  text: string
  /** Parsed JSON of whatever shape the question has. */
  body: ReturnType<typeof JSON.parse>
}

export type Visitor = {
  token: string | null
  graphql(query: string, variables?: Record<string, unknown>): Promise<Answer>
  rest(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

export type TestHouse = House & {
  dataDir: string
  anonymous: Visitor
  as(email: string): Promise<Visitor>
  visitor(token: string | null): Visitor
  /** Waits until no job is asked for or under way. */
  quiet(): Promise<void>
  /** The statements that subgraphs ran while the work was done, bookkeeping and the door's question aside. */
  statements(work: () => Promise<unknown>): Promise<Statement[]>
  /** What is to be ended before the house is. */
  closing(closer: () => Promise<unknown>): void
}

// Once a second and session, whatever is asked: it belongs to no answer.
const isDoor = ({ schema, sql }: Statement) =>
  schema === 'identity' && sql.startsWith('select "users"."role", exists')

/** Waits for what follows from earlier changes: nobody's question it is. */
async function quiet(databaseUrl: string): Promise<void> {
  const owner = new pg.Client({ connectionString: databaseUrl })
  await owner.connect()
  const waiting = `select 1 from operations.operations where status in ('queued', 'running') limit 1`
  for (let times = 0; times < 100 && (await owner.query(waiting)).rowCount; times++) await pause(100)
  await owner.end()
}

type Sent = (body: unknown) => void

async function ask(url: string, init: RequestInit, sent: Sent): Promise<Answer> {
  sent(init.body)
  const response = await fetch(url, init)
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : null,
  }
}

/** @param sent hears the body of everything that is asked */
export function visitorOf(url: string, token: string | null, sent: Sent = () => {}): Visitor {
  const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  return {
    token,
    graphql: (query, variables) =>
      ask(
        `${url}/graphql`,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...authorization },
          body: JSON.stringify({ query, variables }),
        },
        sent,
      ),
    rest: (method, path, body, headers) => {
      const isRaw = typeof body === 'string' || body instanceof Uint8Array
      const type = isRaw ? 'application/octet-stream' : 'application/json'
      const typed = body === undefined ? {} : { 'content-type': type }
      const payload = body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }
      const all = { ...typed, ...authorization, ...headers }
      return ask(`${url}/api/v1${path}`, { method, headers: all, ...payload }, sent)
    },
  }
}

// All houses of a process have the same graph: it is read once by those who plan, who go with the process.
const planners = createWorkers()
const known = new Map<string, OpenPlanner>()
const planning: Planning = {
  plannerOf: (sdl) => {
    const planner = known.get(sdl) ?? { ...planners.plannerOf(sdl), close: () => {} }
    known.set(sdl, planner)
    return planner
  },
  close: async () => {},
}

/** Puts a database with all schemas into the folder, where whoever runs many tests has made one. */
function beginWith(template: string | undefined, dataDir: string): void {
  if (!template) return
  for (const name of ['postgres', 'postgres-password'])
    cpSync(join(template, name), join(dataDir, name), { recursive: true })
  // PostgreSQL looks at this one.
  chmodSync(join(dataDir, 'postgres'), 0o700)
}

/**
 * A house on a database of its own, with the demo in it. `env` adds to what it finds in its environment; `parts` are
 * not as usual, such as a clock that the test moves. Closing it throws when a secret or an e-mail of its tests is in its
 * log, traces, metrics or errors.
 */
export async function openTestHouse(
  env: Record<string, string> = {},
  parts: HouseOptions['parts'] = {},
): Promise<TestHouse> {
  const dataDir = mkdtempSync(join(tmpdir(), 'nexus-test-'))
  const seen: Statement[] = []
  const witness = openWitness({ password })
  const everything = join(dataDir, 'everything.log')
  const level = process.env.LOG_LEVEL
  const log = level ? createLog('test', level) : createLog('test', 'trace', everything)
  const settings = { NEXUS_DATA_DIR: dataDir, PORT: '0', NEXUS_DEMO_PASSWORD: password, ...env }
  const remove = () => rmSync(dataDir, { recursive: true, force: true })
  if (settings.NEXUS_DATA_DIR === dataDir && !('DATABASE_URL' in settings))
    beginWith(process.env.NEXUS_TEST_TEMPLATE, dataDir)
  const house = await openHouse({
    env: readEnv(environment, settings),
    log,
    durable: false,
    // Nothing that a test sees depends on when a round was gone.
    roundsByClock: false,
    onStatement: (statement) => seen.push(statement),
    parts: { tracer: witness.tracer, planning, ...parts },
  }).catch((error: unknown) => {
    witness.end()
    remove()
    throw error
  })
  const visitor = (token: string | null) => visitorOf(house.url, token, witness.sent)
  const closers: (() => Promise<unknown>)[] = []
  return {
    ...house,
    dataDir,
    anonymous: visitor(null),
    visitor,
    as: async (email) => {
      for (let times = 1; ; times++) {
        const { body, text } = await visitor(null).rest('POST', '/auth/login', { email, password })
        if (body?.data) return visitor(body.data.accessToken)
        // Busy says nothing of who comes in: one asks again.
        if (times === 60 || body?.error?.code !== 'SERVICE_UNAVAILABLE')
          throw new Error(`${email} did not come in: ${text}`)
        await pause(250)
      }
    },
    quiet: () => quiet(house.databaseUrl),
    statements: async (work) => {
      await quiet(house.databaseUrl)
      const from = seen.length
      await work()
      return seen.slice(from).filter((statement) => !isBookkeeping(statement) && !isDoor(statement))
    },
    closing: (closer) => void closers.push(closer),
    close: async () => {
      for (const closer of closers.splice(0)) await closer()
      const metrics = await house.surroundings.metrics.text()
      await house.close()
      witness.end()
      const told = level ? '' : readFileSync(everything, 'utf8')
      remove()
      witness.assertUntold(told, metrics)
    },
  }
}
