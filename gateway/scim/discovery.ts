import type { FastifyInstance } from 'fastify'
import { NexusError, notFound } from '#kit/errors.ts'
import { listSchema, type Resource, send } from './answer.ts'
import { enterpriseSchema, groupSchema, schemas, userSchema } from './schemas.ts'

const supported = { supported: true }
const unsupported = { supported: false }

const configuration = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: supported,
  bulk: { ...unsupported, maxOperations: 0, maxPayloadSize: 0 },
  filter: { ...supported, maxResults: 200 },
  changePassword: unsupported,
  sort: unsupported,
  etag: supported,
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'API key',
      description: 'A key of Nexus whose scopes include users:write, as `Authorization: Bearer`.',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: '/scim/v2/ServiceProviderConfig' },
}

const resourceType = (name: 'User' | 'Group', schema: string, more: object = {}) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
  ...{ id: name, name, endpoint: `/${name}s`, schema, ...more },
  description: name === 'User' ? 'A member of the organization' : 'A group, which may give a role',
  meta: { resourceType: 'ResourceType', location: `/scim/v2/ResourceTypes/${name}` },
})
const resourceTypes = [
  resourceType('User', userSchema, { schemaExtensions: [{ schema: enterpriseSchema, required: false }] }),
  resourceType('Group', groupSchema),
]

const listOf = (resources: readonly Resource[]) => ({
  schemas: [listSchema],
  ...{ totalResults: resources.length, startIndex: 1, itemsPerPage: resources.length },
  Resources: resources,
})

/** What a provider reads of a server before it asks anything (RFC 7644, 4). */
export function mountDiscovery(app: FastifyInstance): void {
  app.get('/ServiceProviderConfig', async (_request, reply) => send(reply, configuration))
  for (const [path, all] of [
    ['/ResourceTypes', resourceTypes],
    ['/Schemas', schemas],
  ] as const) {
    app.get(path, async ({ query }, reply) => {
      // Filters are refused there, so that nobody takes an answer for less than it is.
      if ((query as { filter?: unknown }).filter !== undefined)
        throw new NexusError('FORBIDDEN', 'This is not filtered')
      return send(reply, listOf(all))
    })
    app.get<{ Params: { id: string } }>(`${path}/:id`, async ({ params: { id } }, reply) => {
      const found = all.find((each) => each.id === id)
      if (!found) throw notFound('Resource')
      return send(reply, found)
    })
  }
}
