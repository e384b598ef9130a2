import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Blobs } from '#kit/blob.ts'
import { NexusError } from '#kit/errors.ts'
import { type Downloadable, downloadReport } from './reports.ts'
import { compile, type Graph, read } from './route.ts'

const types = { csv: 'text/csv; charset=utf-8', json: 'application/json; charset=utf-8' }

/** The one route that answers with a file: a row says whose it is and whether it is ready, then it is streamed. */
export function mountDownload(app: FastifyInstance, graph: Graph, files: Blobs): void {
  const ask = compile(graph, downloadReport)
  app.route({
    method: 'GET',
    url: downloadReport.path,
    handler: async (request, reply) => {
      const { data } = await ask(request, read(downloadReport, request))
      const report = data as Downloadable
      const { id, bytes, sha256 } = report
      if (bytes === null || sha256 === null) throw unfinished(report)
      const etag = `"${sha256}"`
      reply.headers({ etag, 'cache-control': 'private, no-cache' })
      if (matches(request, etag)) return reply.code(304).send()
      const stream = await files.stream(id).catch((error: unknown) => missing(error))
      describe(reply, report, bytes, sha256)
      return reply.send(stream)
    },
  })
}

function describe(
  reply: FastifyReply,
  { list, format, created_at }: Downloadable,
  bytes: number,
  sha256: string,
) {
  const name = `nexus-${list}-${created_at.slice(0, 19).replaceAll(':', '')}Z.${format}`
  reply.headers({
    'content-type': types[format],
    'content-disposition': `attachment; filename="${name}"`,
    'content-length': bytes,
    // RFC 9530.
    'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
  })
}

const matches = (request: FastifyRequest, etag: string): boolean =>
  (request.headers['if-none-match'] ?? '').split(',').some((each) => each.trim().replace(/^W\//, '') === etag)

function unfinished({ status }: Downloadable): NexusError {
  const ended = status === 'failed' || status === 'cancelled'
  const message = ended
    ? `The report was not made: it is ${status}`
    : `The report is ${status}; ask again later`
  return new NexusError('NOT_READY', message)
}

/** The row knows of a file that is not on this machine: that is no mistake of who asks. */
function missing(error: unknown): never {
  if (error instanceof NexusError && error.code === 'NOT_FOUND')
    throw new NexusError('SERVICE_UNAVAILABLE', 'The file of the report cannot be reached now')
  throw error
}
