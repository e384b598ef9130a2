import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import Negotiator from 'negotiator'
import { isNamed } from './federation/persisted.ts'
import type { Asked } from './operations.ts'

type Plain = { asked: Asked; type: string }

/** In Apollo Server's order: both doors answer the same. */
const types = ['application/json', 'application/graphql-response+json']
const negotiated = new LRUCache<string, string>({ max: 100 })

/** The one type that suits a client, or '' when none does. */
function typeFor(accept: string | undefined): string {
  if (accept === undefined || accept === '*/*' || accept === '') return types[0]!
  let type = negotiated.get(accept)
  if (type === undefined) {
    type = new Negotiator({ headers: { accept } }).mediaType(types) ?? ''
    negotiated.set(accept, type)
  }
  return type
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A question as nearly everybody asks it: one operation as a JSON body, nothing unusual about it. Else null. */
export function plainOf({ body, headers }: FastifyRequest): Plain | null {
  if (!isMap(body)) return null
  const { query, operationName = null, variables = null, extensions = null } = body
  if (!isNamed(body) && (typeof query !== 'string' || query === '')) return null
  if (extensions !== null && !isOnlyPersisted(extensions)) return null
  if (operationName !== null && typeof operationName !== 'string') return null
  if (variables !== null && !isMap(variables)) return null
  const type = typeFor(headers.accept)
  if (type === '') return null
  const { documentId, id } = body
  const asked = { query, documentId, id, extensions, operationName, variables }
  return { asked, type: `${type}; charset=utf-8` }
}

const isOnlyPersisted = (extensions: unknown) =>
  isMap(extensions) && isMap(extensions.persistedQuery) && Object.keys(extensions).length === 1
