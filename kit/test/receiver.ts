import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = {
  service: string
  name: string
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  /** 1 internal, 2 server, 3 client. */
  kind: number
  attributes: Record<string, unknown>
  failed: string | undefined
}
type Value = { stringValue?: string; intValue?: number; boolValue?: boolean }
type Attribute = { key: string; value: Value }
type Sent = Omit<Received, 'attributes' | 'failed' | 'service'> & {
  attributes: Attribute[]
  status: { code?: number; message?: string }
}
type Body = {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Sent[] }[] }[]
}

const read = (attributes: Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

/** A receiver of traces by OTLP over HTTP, as a collector is one; it keeps what it is sent. */
export async function openReceiver(t: { after(close: () => unknown): void }) {
  const spans: Received[] = []
  const texts: string[] = []
  const headers: IncomingHttpHeaders[] = []
  const answers = { status: 200 }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    texts.push(text)
    headers.push(request.headers)
    response.statusCode = answers.status
    for (const { resource, scopeSpans } of (JSON.parse(text) as Body).resourceSpans)
      for (const { spans: sent } of scopeSpans)
        for (const { name, traceId, spanId, parentSpanId, kind, attributes, status } of sent)
          spans.push({
            ...{ name, traceId, spanId, parentSpanId: parentSpanId || undefined, kind },
            service: String(read(resource.attributes)['service.name']),
            attributes: read(attributes),
            failed: status.code === 2 ? status.message : undefined,
          })
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, texts, headers, answers }
}

export type Tree = { [name: string]: Tree }

/** The spans below one, by their names and what tells two of a name apart. */
export function treeOf(spans: readonly Received[], parent: string | undefined): Tree {
  const below = spans.filter(({ parentSpanId }) => parentSpanId === parent)
  const nameOf = ({ name, attributes }: Received) => {
    const subgraph = attributes['nexus.subgraph']
    return subgraph ? `${name} ${subgraph}` : name
  }
  const named = below.map((span) => [nameOf(span), treeOf(spans, span.spanId)] as const)
  return Object.fromEntries(named.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
