import type { FastifyPluginAsync } from 'fastify'
import type { GraphQLSchema } from 'graphql'
import type { Blobs } from '#kit/blob.ts'
import { mountDownload } from '../rest/download.ts'
import { type Graph, mount, type Route } from '../rest/route.ts'
import { mountUpload, type Uploads } from '../rest/upload.ts'

export type Rest = {
  graph: Graph
  routes: (schema: GraphQLSchema) => Route[]
  uploads: Uploads
  reports: Blobs
}

/** The REST doors, each a name for an operation of the graph. */
export const rest: FastifyPluginAsync<Rest> = async (app, { graph, routes, uploads, reports }) => {
  mount(app, graph, routes(graph.schema))
  mountDownload(app, graph, reports)
  await app.register(async (scope) => mountUpload(scope, graph, uploads))
}
