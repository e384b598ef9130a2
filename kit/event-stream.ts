/** The answers of a subscription as server-sent events, from a subgraph in a process of its own. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { unavailable } from './errors.ts'
import type { SubgraphResponse } from './transport.ts'

export const eventStream = 'text/event-stream'
const heartbeatMs = 12_000

/** Writes as fast as it is read, until the answers end or the reader leaves. */
export async function writeEvents(raw: ServerResponse, answers: AsyncIterable<SubgraphResponse>) {
  raw.writeHead(200, { 'content-type': eventStream, 'cache-control': 'no-store' })
  raw.flushHeaders()
  const heartbeat = setInterval(() => raw.write(':\n\n'), heartbeatMs)
  const closed = new Promise<void>((resolve) => raw.once('close', resolve))
  void closed.then(() => clearInterval(heartbeat))
  try {
    for await (const answer of answers) {
      if (raw.destroyed) return
      const isFull = !raw.write(`event: next\ndata: ${JSON.stringify(answer)}\n\n`)
      if (isFull) await Promise.race([once(raw, 'drain'), closed])
    }
    raw.write('event: complete\ndata:\n\n')
  } finally {
    clearInterval(heartbeat)
    raw.end()
  }
}

/** Reads them. A stream that breaks off, unless `signal` ended it, has SERVICE_UNAVAILABLE as its last answer. */
export async function* readEvents(
  body: AsyncIterable<Buffer>,
  signal: AbortSignal | undefined,
): AsyncGenerator<SubgraphResponse> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true })
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) {
        if (event.startsWith('event: complete')) return
        const data = /^event: next\ndata: (.*)$/.exec(event)?.[1]
        if (data) yield JSON.parse(data) as SubgraphResponse
      }
    }
  } catch {
    // Told below.
  }
  if (signal?.aborted) return
  const { message, extensions } = unavailable()
  yield { errors: [{ message, extensions }] }
}
