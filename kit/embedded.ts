import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { type Account, chooseAccount, commandAs } from './embedded-account.ts'
import { binariesFor } from './embedded-binaries.ts'
import { dataFolder, openFolder, superuserPassword } from './embedded-data.ts'
import { endLeftovers } from './embedded-leftovers.ts'

export type EmbeddedPostgres = {
  /** Of the superuser `nexus`, who owns the database `nexus`. */
  url: string
  port: number
  /** Of the postmaster itself. */
  pid: number
  /** Fast shutdown; forced after 5 s. Resolves when the postmaster has ended. May be called again. */
  stop(): Promise<void>
  /** Resolves when the postmaster ends, for whatever reason. */
  exited: Promise<Exit>
}

type Exit = { code: number | null; signal: string | null }

const READY_WITHIN = 120_000
const LOG_ROTATES_AT = 10_000_000

/**
 * Starts the PostgreSQL 18 that npm installed, on 127.0.0.1 and a free port, with its data in
 * `<dataDir>/postgres`, its log in `<dataDir>/postgres.log`. Makes the data on first use; ends what a killed
 * house left running there, so hold the house lock first. Works as a normal user and as root.
 *
 * `durable: false` is faster and survives the end of any process, but not that of the machine (tests). `namespaces: false`, or NEXUS_PG_NO_USERNS=1, makes
 * root run it as the real user nobody; what that user cannot reach then goes to NEXUS_PG_OUTSIDE
 * (default /var/lib/nexus). Throws with the last lines of its log when it does not come up.
 */
export async function startPostgres(options: {
  dataDir: string
  log?: (line: string) => void
  durable?: boolean
  namespaces?: boolean
  /** A fixed port, to come back where an earlier start was; any free one by default. */
  port?: number
}): Promise<EmbeddedPostgres> {
  const { log = () => {}, durable = true, namespaces = process.env.NEXUS_PG_NO_USERNS !== '1' } = options
  const dataDir = resolve(options.dataDir)
  const account = chooseAccount({ namespaces })
  const open = openFolder(account, dataDir, process.env.NEXUS_PG_OUTSIDE ?? '/var/lib/nexus')
  const bin = binariesFor(account, open, log)
  const password = superuserPassword(dataDir)
  // Before anything touches the files.
  await endLeftovers(join(dataDir, 'postgres'), log)
  const data = await dataFolder(account, { dataDir, open, bin, password, sync: durable }, log)

  const logFile = join(dataDir, 'postgres.log')
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_ROTATES_AT) {
    renameSync(logFile, `${logFile}.1`)
  }
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort())
    const written = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0
    const server = launch(account, [join(bin, 'postgres'), '-D', data, ...settings(port, durable)], logFile)
    try {
      await ready(server, { port, password })
      const url = `postgres://nexus:${password}@127.0.0.1:${port}/nexus`
      return { url, port, pid: server.pid, stop: server.stop, exited: server.exited }
    } catch (error) {
      await server.stop()
      const said = readFileSync(logFile).subarray(written).toString('utf8').trim()
      // Between our look and its start another process may take the port.
      if (attempt < 5 && said.includes('could not bind')) {
        await pause(100)
        continue
      }
      const tail = said.split('\n').slice(-12).join('\n')
      throw new Error(`${(error as Error).message} Its log (${logFile}) ends with:\n${tail}`, {
        cause: error,
      })
    }
  }
}

function settings(port: number, durable: boolean): string[] {
  // Not synchronous_commit: without fsync it costs next to nothing, and a killed PostgreSQL loses no commit.
  const relaxed = ['fsync=off', 'full_page_writes=off']
  const chosen = ['timezone=UTC', 'log_timezone=UTC', ...(durable ? [] : relaxed)]
  return ['-h', '127.0.0.1', '-k', '', '-p', String(port), ...chosen.flatMap((setting) => ['-c', setting])]
}

type Server = Pick<EmbeddedPostgres, 'pid' | 'stop' | 'exited'> & { gone(): boolean }

function launch(account: Account, command: string[], logFile: string): Server {
  const { file, args, options } = commandAs(account, command)
  const output = openSync(logFile, 'a', 0o600)
  // Detached: Ctrl-C reaches the whole process group, and PostgreSQL has to be the last to go.
  const child = spawn(file, args, { ...options, detached: true, stdio: ['ignore', output, output] })
  closeSync(output)
  const exited = new Promise<Exit>((done) => {
    child.once('exit', (code, signal) => done({ code, signal }))
    child.once('error', (error) => done({ code: null, signal: error.message }))
  })
  const gone = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  // `unshare` turns itself into postgres, it does not fork: the pid and its signals are the postmaster's.
  return { pid: child.pid ?? 0, exited, gone, stop: () => shutDown(child, exited, gone) }
}

async function shutDown(child: ChildProcess, exited: Promise<Exit>, gone: () => boolean) {
  for (const [signal, patience] of [
    ['SIGINT', 5_000],
    ['SIGQUIT', 1_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (gone()) return
    child.kill(signal)
    const timer = new AbortController()
    await Promise.race([exited, pause(patience, undefined, { signal: timer.signal }).catch(() => {})])
    timer.abort()
  }
}

async function ready(server: Server, access: { port: number; password: string }) {
  const deadline = Date.now() + READY_WITHIN
  for (let wait = 5; ; wait = Math.min(wait * 1.5, 100)) {
    if (server.gone()) {
      const { code, signal } = await server.exited
      throw new Error(`PostgreSQL ended while it was starting (${signal ?? `exit code ${code}`}).`)
    }
    const refusal = await knock(access, 'nexus')
    if (!refusal) return
    if (refusal.code === '3D000') {
      const failure = await knock(access, 'postgres', 'CREATE DATABASE nexus')
      if (failure) throw failure
    } else if (refusal.code === '28P01') {
      // It may be another PostgreSQL that has the port: then ours is about to end for want of it.
      await Promise.race([server.exited, pause(1_000)])
      if (server.gone()) continue
      throw new Error('PostgreSQL refuses the password in the file postgres-password.')
    } else if (Date.now() > deadline) {
      throw new Error(`PostgreSQL was not ready within ${READY_WITHIN / 1000} s (${refusal.message}).`)
    }
    await pause(wait)
  }
}

/** Connects once; the refusal, if any. */
async function knock(access: { port: number; password: string }, database: string, statement = 'SELECT 1') {
  const client = new Client({ host: '127.0.0.1', user: 'nexus', ssl: false, database, ...access })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(statement)
    return undefined
  } catch (error) {
    return error as Error & { code?: string }
  } finally {
    await client.end().catch(() => {})
  }
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer()
    probe.once('error', failed)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => done(port))
    })
  })
}
