import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import type { FastifyInstance } from 'fastify'
import { maskText } from '#kit/masking.ts'
import { exportAudit } from './audit.ts'
import { compile, type Fields, type Graph, read } from './route.ts'

type Page = { edges: { node: Fields }[]; page_info: { has_next_page: boolean; end_cursor: string | null } }
type Asked = { params: unknown; query: { format: 'json' | 'csv' } & Fields; body: unknown }

const types = { csv: 'text/csv; charset=utf-8', json: 'application/json; charset=utf-8' }
const most = 100_000

const cell = (value: unknown) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value)

/** A file leaves the platform, where no right is asked any more: e-mails and the like in it are masked. */
function masked(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value)
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, masked(each)]))
}

async function* csv(pages: AsyncIterable<Fields[]>): AsyncGenerator<string> {
  let header = true
  for await (const rows of pages) {
    if (rows.length === 0) continue
    // What a cell begins with must not make it a formula where the file is opened in a spreadsheet.
    const made = rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cell(value)])),
    )
    yield stringify(made, { header, escape_formulas: true })
    header = false
  }
}

async function* json(pages: AsyncIterable<Fields[]>): AsyncGenerator<string> {
  let before = '['
  for await (const rows of pages) {
    if (rows.length === 0) continue
    yield `${before}\n${rows.map((row) => JSON.stringify(row)).join(',\n')}`
    before = ','
  }
  yield before === '[' ? '[]\n' : '\n]\n'
}

/** The audit trail as a file: the oldest event first, page by page as the client reads it, at most 100,000 events. */
export function mountAuditExport(app: FastifyInstance, graph: Graph): void {
  const ask = compile(graph, exportAudit)
  app.route({
    method: 'GET',
    url: exportAudit.path,
    handler: async (request, reply) => {
      const input = read(exportAudit, request) as Asked
      const pageAfter = async (after: unknown) =>
        (await ask(request, { ...input, query: { ...input.query, after } })).data as Page
      // Refusals come before the first byte.
      const first = await pageAfter(input.query.after)
      async function* pages(): AsyncGenerator<Fields[]> {
        let page = first
        for (let rows = page.edges.length; ; rows += page.edges.length) {
          yield page.edges.map(({ node }) => ({ ...node, changes: masked(node.changes) }))
          if (!page.page_info.has_next_page || rows >= most) return
          page = await pageAfter(page.page_info.end_cursor)
        }
      }
      const { format } = input.query
      const name = `nexus-audit-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}Z.${format}`
      reply.headers({
        'content-type': types[format],
        'content-disposition': `attachment; filename="${name}"`,
        'cache-control': 'no-store',
      })
      return reply.send(Readable.from(format === 'csv' ? csv(pages()) : json(pages())))
    },
  })
}
