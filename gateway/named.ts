import type { FastifyRequest } from 'fastify'
import type { Named } from './federation/persisted.ts'

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a request says of its operation: in its body, or in its address where it is a GET. */
export function namedIn({ method, body, query }: FastifyRequest): Named {
  if (method !== 'GET') return isMap(body) ? body : {}
  const given = query as Record<string, unknown>
  return { ...given, extensions: read(given.extensions) }
}

/** The same request with the text that it means, for who only understands texts. */
export function withText(request: FastifyRequest, text: string): FastifyRequest {
  const { method, body, url } = request
  if (method !== 'GET') {
    const { documentId: _documentId, id: _id, extensions, ...rest } = body as Record<string, unknown>
    return derived(request, { body: { ...rest, query: text, extensions: others(extensions) } })
  }
  const [path, search] = url.split('?')
  const parameters = new URLSearchParams(search)
  const extensions = others(read(parameters.get('extensions')))
  for (const name of ['documentId', 'id', 'extensions']) parameters.delete(name)
  if (extensions) parameters.set('extensions', JSON.stringify(extensions))
  parameters.set('query', text)
  return derived(request, { url: `${path}?${parameters}` })
}

const derived = (request: FastifyRequest, own: Partial<FastifyRequest>): FastifyRequest =>
  Object.create(
    request,
    Object.fromEntries(Object.entries(own).map(([name, value]) => [name, { value }])),
  ) as FastifyRequest

function others(extensions: unknown): Record<string, unknown> | undefined {
  if (!isMap(extensions)) return undefined
  const { persistedQuery: _persistedQuery, ...rest } = extensions
  return Object.keys(rest).length > 0 ? rest : undefined
}

function read(text: unknown): unknown {
  if (typeof text !== 'string') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
