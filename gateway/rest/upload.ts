import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { type Blobs, tooLarge } from '#kit/blob.ts'
import { NexusError } from '#kit/errors.ts'
import { allowed, signedIn } from '#kit/viewer.ts'
import { meta } from '../errors.ts'
import { startImport } from './integrations.ts'
import { compile, type Graph, read } from './route.ts'

export type Uploads = {
  /** Where uploads of an organization lie: who names one of another's finds none. */
  blobsOf(organizationId: string): Blobs
  importMaxBytes: number
}

/**
 * The one route with a body that is not JSON: any type, any size up to the limit, streamed into a blob. Who
 * may not import is refused before a byte is read.
 */
export function mountUpload(app: FastifyInstance, graph: Graph, { blobsOf, importMaxBytes }: Uploads) {
  const ask = compile(graph, startImport)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.route({
    method: startImport.method,
    url: startImport.path,
    preParsing: async (request) => {
      allowed(request.viewer, 'vulnerabilities:import')
      if (Number(request.headers['content-length'] ?? 0) > importMaxBytes) throw tooLarge(importMaxBytes)
    },
    handler: async (request, reply) => {
      const { params, query } = read({ query: startImport.query! }, request)
      const blobs = blobsOf(signedIn(request.viewer).organizationId)
      const upload = await store(blobs, request.raw)
      try {
        const { data } = await ask(request, { params, query, body: { upload } })
        return reply.code(startImport.status!).send({ success: true, data, meta: meta(request) })
      } catch (error) {
        // Without an answer the import may run all the same, and needs its file.
        if (error instanceof NexusError && error.status < 500) await blobs.remove(upload)
        throw error
      }
    },
  })

  async function store(blobs: Blobs, body: IncomingMessage): Promise<string> {
    try {
      return (await blobs.put(body, { maxBytes: importMaxBytes })).id
    } catch (error) {
      // A client that is still sending reads the answer only once it is done.
      body.resume()
      throw error
    }
  }
}
