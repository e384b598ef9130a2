/** Clients of the two live doors, for tests. */
import { request } from 'node:http'

export type Live = {
  events: unknown[]
  /** The code that a socket was closed with; 0 for a stream. */
  ended: Promise<number>
  close(): void
}

type Message = { id?: string; type: string; payload?: unknown }
export type OpenSocket = {
  /** Resolves with all that came back when the operation is complete. */
  ask(query: string, variables?: object, more?: object): Promise<unknown[]>
  subscribe(query: string, heard: (event: unknown) => void): void
  closed: Promise<number>
  close(): void
}

/** The status that an upgrade is answered with; 101 when it is granted. */
export const upgrade = (url: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request(`${url}/graphql`, {
      headers: {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.from('0123456789abcdef').toString('base64'),
        'sec-websocket-protocol': 'graphql-transport-ws',
        ...headers,
      },
    })
    asked.once('response', ({ statusCode = 0 }) => {
      resolve(statusCode)
      asked.destroy()
    })
    asked.once('upgrade', (_response, socket) => {
      resolve(101)
      socket.destroy()
    })
    asked.once('error', reject)
    asked.end()
  })

/** A socket after connection_init, whether it was acknowledged or closed. */
export async function openSocket(
  url: string,
  payload?: unknown,
  headers: Record<string, string> = {},
): Promise<OpenSocket> {
  const options = { protocols: 'graphql-transport-ws', headers }
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, options)
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code))
  })
  const heard = new Map<string, (message: Message) => void>()
  const acknowledged = new Promise<void>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as Message
      if (message.type === 'connection_ack') resolve()
      heard.get(message.id ?? '')?.(message)
    })
  })
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  const send = (message: Message) => socket.send(JSON.stringify(message))
  send({ type: 'connection_init', payload })
  await Promise.race([acknowledged, closed])
  let count = 0
  const start = (payload: object, on: (message: Message) => void) => {
    count += 1
    heard.set(`${count}`, on)
    send({ id: `${count}`, type: 'subscribe', payload })
  }
  return {
    closed,
    close: () => socket.close(),
    subscribe: (query, tell) => start({ query }, ({ type, payload }) => type !== 'complete' && tell(payload)),
    ask: (query, variables, more) =>
      new Promise((resolve) => {
        const seen: unknown[] = []
        start({ query, variables, ...more }, ({ type, payload }) => {
          if (type === 'next') seen.push(payload)
          if (type === 'error') resolve(payload as unknown[])
          if (type === 'complete') resolve(seen)
        })
      }),
  }
}

/** Listens over a socket. The protocol acknowledges no subscription: slower questions go after it. */
export async function subscription(url: string, token: string, query: string): Promise<Live> {
  const socket = await openSocket(url, { authorization: `Bearer ${token}` })
  const events: unknown[] = []
  socket.subscribe(query, (event) => events.push(event))
  for (let times = 0; times < 3; times++) await socket.ask('{ alerts { edges { node { asset { name } } } } }')
  return { events, ended: socket.closed, close: socket.close }
}

/** Listens over an event stream; its headers come when the subscription stands. */
export async function listen(
  url: string,
  token: string,
  query: string,
  method: 'GET' | 'POST' = 'POST',
): Promise<Live> {
  const controller = new AbortController()
  const isGet = method === 'GET'
  const response = await fetch(`${url}/graphql/stream${isGet ? `?query=${encodeURIComponent(query)}` : ''}`, {
    method,
    signal: controller.signal,
    headers: {
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
      ...(isGet ? {} : { 'content-type': 'application/json' }),
    },
    ...(isGet ? {} : { body: JSON.stringify({ query }) }),
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  const events: unknown[] = []
  return { events, ended: read(response, events), close: () => controller.abort() }
}

async function read(response: Response, events: unknown[]): Promise<number> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk, { stream: true })
      const parts = text.split('\n\n')
      text = parts.pop()!
      for (const part of parts) {
        const data = /^event: next\ndata: (.*)$/m.exec(part)?.[1]
        if (data) events.push(JSON.parse(data))
      }
    }
  } catch {
    // Somebody left.
  }
  return 0
}
