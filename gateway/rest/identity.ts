import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { list, type Noun, one } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const user: Noun = {
  type: 'User',
  one: 'user',
  many: 'users',
  needs: 'users:read',
  item: 'id organization { id } email name role lastLoginAt disabledAt version createdAt updatedAt',
  filters: ['role', 'search'],
}
const organization: Noun = {
  type: 'Organization',
  one: 'organization',
  many: 'organizations',
  needs: 'organization:read',
  item: 'id name slug settings { sessionIdleMinutes requireSecondFactor } version createdAt updatedAt',
  filters: ['search'],
}

const byId = z.object({ id: z.string() })
const role = z
  .enum(['admin', 'manager', 'analyst', 'viewer'], 'Must be one of admin, manager, analyst, viewer')
  .transform((name) => name.toUpperCase())
const version = z.int('Must be a number').optional()

/** What is left out of a body stays as it is. */
const given = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** A mutation of one user, by the id in the path. */
const change = (method: Route['method'], path: string, name: string): Route => {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}`
  return route({
    method,
    path,
    needs: 'users:write',
    operation: `mutation ${type}($input: ${type}Input!) { ${name}(input: $input) { user { ${user.item} } } }`,
    params: byId,
    variables: ({ params: { id } }) => ({ input: { id } }),
    data: (answer) => (answer[name] as Fields).user,
  })
}

export const identity = (graph: GraphQLSchema): Route[] => [
  list(graph, user, '/users'),
  one(user, '/users/:id'),
  route({
    method: 'POST',
    path: '/users',
    needs: 'users:write',
    status: 201,
    operation: `mutation CreateUser($input: CreateUserInput!) {
      createUser(input: $input) { user { ${user.item} } passwordToken passwordTokenExpiresAt }
    }`,
    body: z.strictObject({
      email: z.string('Must be given'),
      name: z.string('Must be given'),
      role,
      password: z.string().optional(),
    }),
    variables: ({ body }) => ({ input: body }),
    data({ createUser }) {
      const { user, password_token, password_token_expires_at } = createUser as Record<string, Fields>
      return { ...user, password_token, password_token_expires_at }
    },
  }),
  route({
    method: 'POST',
    path: '/users/:id/reset-password',
    needs: 'users:write',
    operation: `mutation StartPasswordReset($input: StartPasswordResetInput!) {
      startPasswordReset(input: $input) { passwordToken passwordTokenExpiresAt }
    }`,
    params: byId,
    variables: ({ params: { id } }) => ({ input: { userId: id } }),
    data: ({ startPasswordReset }) => startPasswordReset,
  }),
  route({
    method: 'PUT',
    path: '/users/:id',
    needs: 'users:write',
    operation: `mutation UpdateUser($input: UpdateUserInput!) { updateUser(input: $input) { user { ${user.item} } } }`,
    params: byId,
    body: z.strictObject({ name: z.string().optional(), role: role.optional(), version }),
    variables: ({ params: { id }, body: { name, role, version } }) => ({
      input: given({ id, name, role, expectedVersion: version }),
    }),
    data: ({ updateUser }) => (updateUser as Fields).user,
  }),
  // Nothing is deleted: what a user did keeps its name.
  change('DELETE', '/users/:id', 'disableUser'),
  change('POST', '/users/:id/enable', 'enableUser'),
  list(graph, organization, '/organizations'),
  one(organization, '/organizations/:id'),
  route({
    method: 'PUT',
    path: '/organizations/:id',
    needs: 'organization:write',
    operation: `mutation UpdateOrganization($input: UpdateOrganizationInput!) {
      updateOrganization(input: $input) { organization { ${organization.item} } }
    }`,
    params: byId,
    body: z.strictObject({
      name: z.string().optional(),
      settings: z
        .strictObject({
          session_idle_minutes: z.int('Must be a number').optional(),
          require_second_factor: z.boolean('Must be true or false').optional(),
        })
        .optional(),
      version,
    }),
    variables: ({ params: { id }, body: { name, settings, version } }) => ({
      input: given({
        id,
        name,
        settings:
          settings &&
          given({
            sessionIdleMinutes: settings.session_idle_minutes,
            requireSecondFactor: settings.require_second_factor,
          }),
        expectedVersion: version,
      }),
    }),
    data: ({ updateOrganization }) => (updateOrganization as Fields).organization,
  }),
]
