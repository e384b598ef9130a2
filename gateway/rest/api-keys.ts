import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { list, type Noun, one } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const apiKey: Noun = {
  type: 'ApiKey',
  one: 'apiKey',
  many: 'apiKeys',
  needs: 'apikeys:read',
  item: 'id name hint scopes tier allowedIps createdBy { id } createdAt expiresAt lastUsedAt revokedAt',
  filters: ['search'],
}

export const apiKeys = (graph: GraphQLSchema): Route[] => [
  list(graph, apiKey, '/api-keys'),
  one(apiKey, '/api-keys/:id'),
  route({
    method: 'POST',
    path: '/api-keys',
    needs: 'apikeys:write',
    status: 201,
    operation: `mutation CreateApiKey($input: CreateApiKeyInput!) {
      createApiKey(input: $input) { key apiKey { ${apiKey.item} } }
    }`,
    body: z.strictObject({
      name: z.string('Must be given'),
      scopes: z.array(z.string().max(100), 'Must be a list of permissions').max(100),
      expires_in_days: z.int('Must be a number of days').default(90),
      allowed_ips: z.array(z.string().max(100)).max(100).default([]),
    }),
    variables: ({ body: { name, scopes, expires_in_days, allowed_ips } }) => ({
      input: { name, scopes, expiresInDays: expires_in_days, allowedIps: allowed_ips },
    }),
    data({ createApiKey }) {
      const { key, api_key } = createApiKey as { key: string; api_key: Fields }
      return { ...api_key, key }
    },
  }),
  route({
    method: 'DELETE',
    path: '/api-keys/:id',
    needs: 'apikeys:write',
    operation: `mutation RevokeApiKey($input: RevokeApiKeyInput!) {
      revokeApiKey(input: $input) { apiKey { ${apiKey.item} } }
    }`,
    params: z.object({ id: z.string() }),
    variables: ({ params: { id } }) => ({ input: { id } }),
    data: ({ revokeApiKey }) => (revokeApiKey as Fields).api_key,
  }),
]
