import type { FastifyPluginAsync } from 'fastify'
import type { GraphQLSchema } from 'graphql'
import type { Blobs } from '#kit/blob.ts'
import { forbidden } from '#kit/errors.ts'
import { mountDownload } from '../rest/download.ts'
import { type Graph, mount, type Route } from '../rest/route.ts'
import { mountUpload, type Uploads } from '../rest/upload.ts'
import { isForeign } from '../session.ts'

export type Rest = {
  graph: Graph
  routes: (schema: GraphQLSchema) => Route[]
  uploads: Uploads
  reports: Blobs
}

/** The REST doors, each a name for an operation of the graph. */
export const rest: FastifyPluginAsync<Rest> = async (app, { graph, routes, uploads, reports }) => {
  app.addHook('onRequest', async ({ method, headers }) => {
    if (method !== 'GET' && isForeign(headers)) throw forbidden('Another page may change nothing here')
  })
  mount(app, graph, routes(graph.schema))
  mountDownload(app, graph, reports)
  await app.register(async (scope) => mountUpload(scope, graph, uploads))
}
