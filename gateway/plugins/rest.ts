import type { FastifyPluginAsync } from 'fastify'
import { alerts } from '../rest/alerts.ts'
import { assets } from '../rest/assets.ts'
import { auth } from '../rest/auth.ts'
import { integrations } from '../rest/integrations.ts'
import { type Graph, mount } from '../rest/route.ts'
import { mountUpload, type Uploads } from '../rest/upload.ts'
import { vulnerabilities } from '../rest/vulnerabilities.ts'

/** The REST doors, each a name for an operation of the graph. */
export const rest: FastifyPluginAsync<{ graph: Graph; uploads: Uploads }> = async (app, options) => {
  const { graph, uploads } = options
  const { schema } = graph
  mount(app, graph, [
    ...auth(),
    ...assets(schema),
    ...alerts(schema),
    ...vulnerabilities(schema),
    ...integrations(schema),
  ])
  await app.register(async (scope) => mountUpload(scope, graph, uploads))
}
