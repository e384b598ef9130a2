/** A way to a subgraph that can be shut: what comes meanwhile waits, as at a peer that is slow. */
import { createServer } from 'node:http'

export type Gate = {
  url: string
  /** From the `from`-th request on that holds `text`, requests wait. */
  shut(text: string, from: number): void
  open(): void
  /** Requests that wait now. */
  waiting(): number
  close(): Promise<void>
}

export async function openGate(target: string): Promise<Gate> {
  let shut: { text: string; from: number } | null = null
  let waiting: (() => void)[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    if (shut && body.includes(shut.text)) {
      shut.from -= 1
      if (shut.from <= 0) await new Promise<void>((resolve) => waiting.push(resolve))
    }
    const headers = { 'content-type': 'application/json', authorization: request.headers.authorization ?? '' }
    try {
      const answer = await fetch(target, { method: 'POST', headers, body })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
    } catch {
      response.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const open = () => {
    shut = null
    for (const pass of waiting.splice(0)) pass()
  }
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    shut: (text, from) => {
      shut = { text, from }
      waiting = []
    },
    open,
    waiting: () => waiting.length,
    close: async () => {
      open()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
