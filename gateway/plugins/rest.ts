import type { FastifyPluginAsync } from 'fastify'
import type { GraphQLSchema } from 'graphql'
import type { Blobs } from '#kit/blob.ts'
import { forbidden } from '#kit/errors.ts'
import { mountAuditExport } from '../rest/audit-export.ts'
import { mountDownload } from '../rest/download.ts'
import { type Graph, mount, type Route } from '../rest/route.ts'
import { routes } from '../rest/routes.ts'
import { mountUpload, type Uploads } from '../rest/upload.ts'
import { mountVex } from '../rest/vex.ts'
import { isForeign } from '../session.ts'

export type Doors = {
  /** The rows, where they are not all. */
  routes?: (schema: GraphQLSchema) => Route[]
  uploads: Uploads
  /** The files of reports. */
  reports: Blobs
}
export type Rest = Doors & { graph: Graph }

/** The REST doors, each a name for an operation of the graph. */
export const rest: FastifyPluginAsync<Rest> = async (app, { graph, uploads, reports, ...doors }) => {
  app.addHook('onRequest', async ({ method, headers, fromAllowedPage }) => {
    if (method !== 'GET' && isForeign(headers) && !fromAllowedPage)
      throw forbidden('Another page may change nothing here')
  })
  mount(app, graph, (doors.routes ?? routes)(graph.schema))
  mountDownload(app, graph, reports)
  if (!doors.routes) {
    mountAuditExport(app, graph)
    await mountVex(app, graph)
  }
  await app.register(async (scope) => mountUpload(scope, graph, uploads))
}
