import type { FastifyInstance } from 'fastify'
import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { meta } from '../errors.ts'
import { filterOf, filtersOf } from './list.ts'
import { compile, type Fields, type Graph, type Route, read, route } from './route.ts'
import { vulnerability } from './vulnerabilities.ts'

const path = '/vulnerabilities/vex'
const format = z
  .enum(['openvex', 'cyclonedx'], 'Must be openvex or cyclonedx')
  .transform((word) => word.toUpperCase())

type Filters = ReturnType<typeof filtersOf>
const shapeOf = (filters: Filters): z.ZodRawShape =>
  Object.fromEntries(filters.map(({ name, type }) => [name, type.optional()]))

/** Findings as a file for others; the list’s filters choose which. */
const exportVex = (filters: Filters): Route =>
  route({
    method: 'GET',
    path,
    needs: vulnerability.needs,
    operation: `query ExportVex($format: VexFormat!, $filter: VulnerabilityFilter) {
      exportVex(format: $format, filter: $filter) { mediaType fileName document statements leftOut }
    }`,
    query: z.strictObject({ format, ...shapeOf(filters) }) as unknown as z.ZodType<Fields>,
    variables: ({ query }) => ({ format: query.format, filter: filterOf(filters, query) }),
    data: ({ exportVex }) => exportVex,
  })

/** Its body is the document itself, of whatever type it calls itself. */
const importVex = (filters: Filters): Route =>
  route({
    method: 'POST',
    path,
    needs: 'vulnerabilities:write',
    large: true,
    operation: `mutation ImportVex($input: ImportVexInput!) {
      importVex(input: $input) {
        format documentId author dryRun statements matched changed unchanged refused unmatched
        items { statement id outcome code message }
      }
    }`,
    query: z.strictObject({
      format: format.optional(),
      dry_run: z.enum(['true', 'false'], 'Must be true or false').optional(),
      ...shapeOf(filters),
    }) as unknown as z.ZodType<Fields>,
    body: z.strictObject({ document: z.string() }),
    variables: ({ query, body: { document } }) => ({
      input: {
        document,
        format: query.format,
        dryRun: query.dry_run === 'true',
        filter: filterOf(filters, query),
      },
    }),
    data: ({ importVex }) => importVex,
  })

export const vex = (graph: GraphQLSchema): Route[] => {
  const filters = filtersOf(graph, vulnerability)
  return [exportVex(filters), importVex(filters)]
}

type Document = {
  media_type: string
  file_name: string
  document: string
  statements: number
  left_out: number
}

/** The doors that take in and give out a document as it is. */
export async function mountVex(app: FastifyInstance, graph: Graph): Promise<void> {
  const [out, into] = vex(graph.schema) as [Route, Route]
  const [give, take] = [compile(graph, out), compile(graph, into)]
  app.route({
    method: out.method,
    url: out.path,
    handler: async (request, reply) => {
      const { data } = await give(request, read(out, request))
      const { media_type, file_name, document, statements, left_out } = data as Document
      reply.headers({
        'content-type': media_type,
        'content-disposition': `attachment; filename="${file_name}"`,
        'cache-control': 'no-store',
        'x-statements': statements,
        'x-left-out': left_out,
      })
      // A text would be given a charset, which JSON has not.
      return reply.send(Buffer.from(document))
    },
  })
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, document, done) =>
      done(null, { document }),
    )
    scope.route({
      method: into.method,
      url: into.path,
      handler: async (request, reply) => {
        const { data } = await take(request, read(into, request))
        return reply.send({ success: true, data, meta: meta(request) })
      },
    })
  })
}
