import { connect, type Socket } from 'node:net'
import type { Deadline } from '../deadline.ts'
import { createReading, type Reading } from './answer.ts'

/** Requests to one server over connections that are kept. */
export type Wire = {
  /**
   * Sends a request, and resolves with the body of its answer, whatever its status. Rejects when there is none
   * by the deadline, or it is not whole.
   */
  post(headers: Readonly<Record<string, string>>, body: string, deadline: Deadline): Promise<string>
  /** Resolves when what is under way has been answered. */
  close(): Promise<void>
}
type Exchange = {
  request: string
  deadline: Deadline
  resolve(text: string): void
  reject(error: Error): void
}
type Connection = { socket: Socket; exchange: Exchange | null; reading: Reading; goodUntil: number }

/** Sockets hand over what they read before they read again: one place to read to does for all of them, large enough for most
 * answers to come at once. */
const inbox = Buffer.allocUnsafe(256 * 1024)
const broken = new Error('The connection ended before its answer')
const late = new Error('The answer is late')
const closed = new Error('The connections are closed')

/**
 * HTTP/1.1 over TCP with nothing between us and the socket: no streams, no events of each answer, one write and
 * mostly one read. It costs half of what undici does (docs/decisions/0024).
 * @param largest bytes of one answer
 * @param connections how many at once; more requests wait
 */
export function createWire(
  { hostname, port, host: authority, pathname, search }: URL,
  largest: number,
  connections = 64,
): Wire {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const idle: Connection[] = []
  const all = new Set<Connection>()
  const waiting: Exchange[] = []
  const start = `POST ${pathname}${search} HTTP/1.1\r\nhost: ${authority}\r\n`
  let isClosed = false
  const gone = Promise.withResolvers<void>()

  const open = (): Connection => {
    const socket = connect({
      host,
      port: Number(port) || 80,
      noDelay: true,
      keepAlive: true,
      onread: {
        buffer: inbox,
        callback(size) {
          read(connection, inbox.subarray(0, size))
          return true
        },
      },
    })
    const connection: Connection = { socket, exchange: null, reading: createReading(largest), goodUntil: 0 }
    socket.on('error', (error) => drop(connection, error))
    socket.on('end', () => ended(connection))
    socket.on('close', () => drop(connection, broken))
    all.add(connection)
    return connection
  }

  const drop = (connection: Connection, error: Error) => {
    if (!all.delete(connection)) return
    const place = idle.indexOf(connection)
    if (place !== -1) idle.splice(place, 1)
    const { exchange, socket } = connection
    connection.exchange = null
    socket.destroy()
    exchange?.reject(error)
    if (isClosed && all.size === 0) gone.resolve()
    next()
  }

  const read = (connection: Connection, bytes: Buffer) => {
    const { exchange, reading } = connection
    // Nobody has asked: what speaks of itself is nothing to speak with.
    if (!exchange) return drop(connection, broken)
    try {
      if (reading.take(bytes)) finish(connection, exchange)
    } catch (error) {
      drop(connection, error as Error)
    }
  }

  const ended = (connection: Connection) => {
    const { exchange, reading } = connection
    if (exchange && reading.end()) finish(connection, exchange)
    drop(connection, broken)
  }

  const finish = (connection: Connection, exchange: Exchange) => {
    const { reading } = connection
    connection.exchange = null
    const text = reading.text()
    const ms = isClosed ? 0 : reading.reusableMs()
    if (ms > 0) {
      connection.goodUntil = performance.now() + ms
      idle.push(connection)
    } else drop(connection, broken)
    exchange.resolve(text)
    next()
  }

  const free = (): Connection | null => {
    const now = performance.now()
    for (let known = idle.pop(); known; known = idle.pop()) {
      if (known.goodUntil > now) return known
      drop(known, broken)
    }
    return all.size < connections ? open() : null
  }

  const next = () => {
    while (waiting.length > 0) {
      if (waiting[0]!.deadline.isOver) {
        waiting.shift()!.reject(late)
        continue
      }
      const connection = free()
      if (!connection) return
      send(connection, waiting.shift()!)
    }
  }

  const send = (connection: Connection, exchange: Exchange) => {
    connection.exchange = exchange
    connection.reading.begin()
    exchange.deadline.onOver(() => {
      if (connection.exchange === exchange) drop(connection, late)
    })
    connection.socket.write(exchange.request)
  }

  return {
    post(headers, body, deadline) {
      if (isClosed) return Promise.reject(closed)
      if (deadline.isOver) return Promise.reject(late)
      return new Promise((resolve, reject) => {
        const request = `${start}${linesOf(headers)}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
        const exchange = { request, deadline, resolve, reject }
        const connection = waiting.length === 0 ? free() : null
        if (connection) return send(connection, exchange)
        waiting.push(exchange)
        deadline.onOver(() => {
          const place = waiting.indexOf(exchange)
          if (place === -1) return
          waiting.splice(place, 1)
          reject(late)
        })
      })
    },
    close() {
      isClosed = true
      for (const exchange of waiting.splice(0)) exchange.reject(closed)
      for (const connection of [...all]) if (!connection.exchange) drop(connection, closed)
      if (all.size === 0) gone.resolve()
      return gone.promise
    },
  }
}

const printable = /^[\t\x20-\x7e\x80-\xff]*$/
/** The last value of each header that was looked at: tokens are long, and the same for many requests. */
const lastGood = new Map<string, string>()

function linesOf(headers: Readonly<Record<string, string>>): string {
  let lines = ''
  for (const name in headers) {
    const value = headers[name]!
    if (lastGood.get(name) !== value) {
      if (!printable.test(value)) throw new Error(`The header ${name} has a value that none may have`)
      lastGood.set(name, value)
    }
    lines += `${name}: ${value}\r\n`
  }
  return lines
}
