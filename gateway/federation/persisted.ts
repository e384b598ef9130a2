import { createHash } from 'node:crypto'
import { GraphQLError } from 'graphql'
import { LRUCache } from 'lru-cache'
import { NexusError } from '#kit/errors.ts'
import type { Document, Documents, Refused } from './documents.ts'

/** An operation that is known before anybody asks it; its id is the SHA-256 of its text, in hex. */
export type Registered = { id: string; name: string; text: string; kind: string }
/** The parts of a question that tell its text: the text, the id of a registered operation, or its hash. */
export type Named = { query?: unknown; documentId?: unknown; id?: unknown; extensions?: unknown }
export type Persisted = {
  /**
   * The text that a question means. Throws BAD_REQUEST where it means none or a hash is not that of the text,
   * PERSISTED_QUERY_NOT_FOUND for an unknown id or hash, and OPERATION_NOT_REGISTERED.
   * @param only whether nothing but registered operations may be asked
   */
  textOf(named: Named, only: boolean): string
  /** Remembers the text of a question that came with its hash, for those who send the hash alone later. */
  remember(named: Named, text: string): void
}

const rememberedBytes = 10 * 1024 * 1024

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/**
 * Operations by their ids, and texts by their hashes as clients of Apollo and urql send them (`persistedQuery`,
 * version 1): those are remembered here only, and the least recently used are forgotten first.
 * @param options.bytes of the texts that are remembered, 10 MiB unless said
 */
export function createPersisted(
  registered: readonly Registered[] = [],
  { bytes = rememberedBytes }: { bytes?: number } = {},
): Persisted {
  const byId = new Map(registered.map(({ id, text }) => [id, text]))
  const texts = new Set(registered.map(({ text }) => text))
  const remembered = new LRUCache<string, string>({
    maxSize: bytes,
    sizeCalculation: (text, hash) => Buffer.byteLength(text) + hash.length,
  })
  const check = (text: string) => {
    if (!texts.has(text))
      throw new NexusError('OPERATION_NOT_REGISTERED', 'Only registered operations are answered here')
  }
  return {
    textOf({ query, documentId, id, extensions }, only) {
      const hash = hashIn(extensions)
      if (typeof query === 'string' && query !== '') {
        if (hash !== undefined && sha256(query) !== hash)
          throw new NexusError('BAD_REQUEST', 'The hash is not that of the query')
        if (only) check(query)
        return query
      }
      const named = documentId ?? id
      const key = hash ?? (typeof named === 'string' ? named.replace(/^sha256:/, '') : undefined)
      if (key === undefined)
        throw new NexusError('BAD_REQUEST', 'Send a query, or the id of a registered operation')
      const known = byId.get(key) ?? (hash === undefined || only ? undefined : remembered.get(hash))
      if (known === undefined) throw new NexusError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')
      return known
    },
    remember({ query, extensions }, text) {
      if (query !== text) return
      const hash = hashIn(extensions)
      if (hash !== undefined && !byId.has(hash)) remembered.set(hash, text)
    },
  }
}

/** What reads questions for one schema. */
export type Reader = {
  /** The text that a question means, or why it is none that is answered. */
  textOf(named: Named, only: boolean): string | Refused
  /** The document of that text. */
  read(named: Named, only: boolean): Document | Refused
}

/** Reads questions: texts, hashes and ids. A text that came with its hash is remembered once it is a document. */
export function createReader(persisted: Persisted, readText: Documents['read']): Reader {
  const textOf: Reader['textOf'] = (named, only) => {
    try {
      return persisted.textOf(named, only)
    } catch (error) {
      if (!(error instanceof NexusError)) throw error
      return { errors: [new GraphQLError(error.message, { extensions: error.extensions })] }
    }
  }
  return {
    textOf,
    read(named, only) {
      const text = textOf(named, only)
      if (typeof text !== 'string') return text
      const document = readText(text)
      if ('ast' in document) persisted.remember(named, text)
      return document
    },
  }
}

/** Whether a question brings its text in another way than as text alone. */
export const isNamed = ({ query, documentId, id, extensions }: Named): boolean => {
  const isWithoutText = typeof query !== 'string' || query === ''
  if (isWithoutText && (typeof documentId === 'string' || typeof id === 'string')) return true
  return isMap(extensions) && isMap(extensions.persistedQuery)
}

function hashIn(extensions: unknown): string | undefined {
  if (!isMap(extensions) || !isMap(extensions.persistedQuery)) return undefined
  const { version, sha256Hash } = extensions.persistedQuery
  if (version !== 1 || typeof sha256Hash !== 'string')
    throw new NexusError('BAD_REQUEST', 'A persisted query has the version 1 and a sha256Hash')
  return sha256Hash
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
