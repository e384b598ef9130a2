import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'

/** What it was opened for: a test, or several. */
export type Test = { after(close: () => unknown): void }
/** One call as it came in by the socket that it is to be answered by. */
export type Call = {
  socket: Socket
  query: string
  variables: Record<string, unknown>
  headers: Record<string, string>
  isMutation: boolean
  /** How many calls came before it, and how many of them by this very connection. */
  before: number
  beforeHere: number
}
export type Answer = (call: Call) => void

/** A server whose every byte is its test's to write. It keeps the calls that it got. */
export async function openServer(t: Test, answer: Answer) {
  const calls: Call[] = []
  const sockets = new Set<Socket>()
  const behaviour = { answer }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    let text = ''
    let beforeHere = 0
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      const headers = headersOf(text.slice(0, end))
      const length = Number(headers['content-length'])
      const body = text.slice(end + 4)
      if (body.length < length) return
      text = body.slice(length)
      const { query, variables = {} } = JSON.parse(Buffer.from(body.slice(0, length), 'latin1').toString())
      const isMutation = query.startsWith('mutation')
      const call = { socket, query, variables, headers, isMutation, before: calls.length, beforeHere }
      beforeHere++
      calls.push(call)
      behaviour.answer(call)
    })
  })
  const port = await listening(server)
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port, calls, behaviour, sockets, url: `http://127.0.0.1:${port}/graphql` }
}

export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** A port that nobody listens at. */
export async function deadPort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

const headersOf = (head: string): Record<string, string> =>
  Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
  )

type Reply = { status?: string; type?: string; length?: number; more?: string; version?: string }

/** The bytes of an answer; a lie about its length where one is told. */
export function http(
  body: string | Buffer,
  { status = '200 OK', type = 'application/json', length, more = '', version = '1.1' }: Reply = {},
): Buffer {
  const bytes = Buffer.from(body)
  const head = `HTTP/${version} ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${length ?? bytes.length}\r\n`
  return Buffer.concat([Buffer.from(`${head}${more}\r\n`), bytes])
}
