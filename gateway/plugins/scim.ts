import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { parse, validate } from 'graphql'
import { z } from 'zod'
import { forbidden, NexusError, notFound, unauthenticated } from '#kit/errors.ts'
import type { Log } from '#kit/log.ts'
import { contextOf } from '../context.ts'
import { publicError, thrown } from '../errors.ts'
import type { Graph } from '../rest/route.ts'
import { listSchema, mediaType, type Resource, refuseScim, send, sendResource } from '../scim/answer.ts'
import { mountDiscovery } from '../scim/discovery.ts'
import { type Noun, operations, scimOperations } from '../scim/operations.ts'
import { type Selection, selected, wantsMembers } from '../scim/selection.ts'

const number = z.coerce.number().int()
const listQuery = z.object({
  filter: z.string().max(2_000).optional(),
  startIndex: number.default(1),
  count: number.default(100),
  attributes: z.string().max(2_000).optional(),
  excludedAttributes: z.string().max(2_000).optional(),
})
const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const patchBody = z.object({
  schemas: z.array(z.string()).refine((all) => all.includes(patchSchema)),
  Operations: z.unknown(),
})
const paths: Record<Noun, string> = { User: '/Users', Group: '/Groups' }

/** The doors of SCIM 2.0 (RFC 7644), for identity providers that come with a key: names for operations of the graph. */
export const scim: FastifyPluginAsync<{ graph: Graph; log: Log }> = async (app, { graph, log }) => {
  app.addContentTypeParser(
    [mediaType, 'application/json'],
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  )
  app.setErrorHandler((error, request, reply) => refuseScim(reply, thrown(error, log, request.id)))
  graph.fits((schema) => {
    for (const text of scimOperations) {
      const [wrong] = validate(schema, parse(text))
      if (wrong) throw new Error(`SCIM does not fit the graph: ${wrong.message}`)
    }
  })
  // A browser's cookie would let other pages ask in somebody's name.
  app.addHook('onRequest', async ({ entered, viewer }) => {
    if (!entered || viewer.kind !== 'member') throw unauthenticated('Send the key as `Authorization: Bearer`')
    if (!viewer.apiKeyId) throw forbidden('SCIM is for keys')
  })
  mountDiscovery(app)
  for (const noun of ['User', 'Group'] as const) mountNoun(app, graph, noun)
  // The page is not what is looked for here.
  app.all('/*', async () => {
    throw notFound('Resource')
  })
}

async function ask<Field extends string>(
  graph: Graph,
  request: FastifyRequest,
  query: string,
  variables: Record<string, unknown>,
): Promise<Record<Field, unknown>> {
  const { data, errors } = await graph.operations.answer({ query, variables }, contextOf(request))
  const [error] = errors ?? []
  if (!error) return data as Record<Field, unknown>
  const { code, message, details } = publicError(error.message, error.extensions)
  throw new NexusError(code, message, details)
}

const resourceIn = (data: Record<string, unknown>): Resource | null =>
  (Object.values(data)[0] as { resource: Resource | null }).resource

type OfOne = FastifyRequest<{ Params: { id: string }; Querystring: Selection }>

function mountNoun(app: Parameters<typeof scim>[0], graph: Graph, noun: Noun): void {
  const path = paths[noun]
  const kind = noun.toUpperCase()
  const found = async (request: OfOne) => {
    const { id } = request.params
    const { scimResource } = await ask<'scimResource'>(graph, request, operations.find, { kind, id })
    if (!scimResource) throw notFound(noun)
    return scimResource as Resource
  }
  const shown = (reply: FastifyReply, request: FastifyRequest, resource: Resource) =>
    sendResource(reply, resource, selected(resource, request.query as Selection))

  app.get(path, async (request, reply) => {
    const asked = listQuery.safeParse(request.query)
    if (!asked.success) throw new NexusError('VALIDATION_ERROR', 'The query cannot be read')
    const { attributes, excludedAttributes, filter, startIndex, count } = asked.data
    const selection = { attributes, excludedAttributes }
    const { scimList } = await ask<'scimList'>(graph, request, operations.list, {
      ...{ kind, filter, startIndex, count },
      withMembers: wantsMembers(selection) || /members/i.test(filter ?? ''),
    })
    const { totalResults, resources } = scimList as { totalResults: number; resources: Resource[] }
    return send(reply, {
      schemas: [listSchema],
      totalResults,
      startIndex: Math.max(1, startIndex),
      itemsPerPage: resources.length,
      Resources: resources.map((each) => selected(each, selection)),
    })
  })
  app.get(`${path}/:id`, async (request: OfOne, reply) => {
    const resource = await found(request)
    const { version } = resource.meta as { version: string }
    if (versionsIn(request.headers['if-none-match']).includes(version))
      return reply.code(304).header('etag', version).send()
    return shown(reply, request, resource)
  })
  app.post(path, async (request, reply) => {
    const input = { resource: request.body }
    const created = resourceIn(await ask(graph, request, operations.create[noun], { input }))!
    return shown(reply.code(201), request, created)
  })
  app.put(`${path}/:id`, async (request: OfOne, reply) => {
    const { id } = request.params
    const input = { id, resource: request.body, ...expectedIn(request) }
    return shown(reply, request, resourceIn(await ask(graph, request, operations.replace[noun], { input }))!)
  })
  app.patch(`${path}/:id`, async (request: OfOne, reply) => {
    const body = patchBody.safeParse(request.body)
    if (!body.success)
      throw new NexusError('VALIDATION_ERROR', 'A PATCH has schemas and Operations', [
        { field: 'scimType', message: 'invalidSyntax' },
      ])
    const { id } = request.params
    const input = { id, operations: body.data.Operations ?? [], ...expectedIn(request) }
    return shown(reply, request, resourceIn(await ask(graph, request, operations.patch[noun], { input }))!)
  })
  app.delete(`${path}/:id`, async (request: OfOne, reply) => {
    await ask(graph, request, operations.remove[noun], { input: { id: request.params.id } })
    return reply.code(204).send()
  })
}

const versionsIn = (header: string | undefined): string[] =>
  (header ?? '').split(',').map((each) => each.trim())

/** The version that a change is meant for, where one is named. Throws VALIDATION_ERROR for what is none. */
function expectedIn({ headers }: FastifyRequest): { expectedVersion?: number } {
  const given = headers['if-match']
  if (given === undefined || given === '*') return {}
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(given)?.[1]
  if (!version) throw new NexusError('VALIDATION_ERROR', 'If-Match names no version')
  return { expectedVersion: Number(version) }
}
